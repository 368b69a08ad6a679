"""The verbs of `taskhook completion`."""

from tools.verbs.parts import Verb


def verbs() -> tuple[Verb, ...]:
    """Return them."""
    return (
        Verb("bash", "print what makes bash complete commands", ""),
        Verb("zsh", "the same for zsh", ""),
        Verb("fish", "the same for fish", ""),
    )
