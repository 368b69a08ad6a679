"""The commands of `taskhook completion`: they need no store."""

from tools.command_line import completion
from tools.verbs.parts import Args


def completion_bash(_: Args) -> None:
    """Print bash's."""
    print(completion("bash", "taskhook"))


def completion_zsh(_: Args) -> None:
    """Print zsh's."""
    print(completion("zsh", "taskhook"))


def completion_fish(_: Args) -> None:
    """Print fish's."""
    print(completion("fish", "taskhook"))
