"""The verbs of `taskhook settings`."""

from tools.verbs.parts import Verb, secrets


def verbs() -> tuple[Verb, ...]:
    """Return them."""
    return (Verb("show", "show the settings", "--secrets", (secrets(),)),)
