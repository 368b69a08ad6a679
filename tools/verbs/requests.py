"""The verbs of `taskhook request`."""

from tools.verbs.parts import Verb, limit


def verbs() -> tuple[Verb, ...]:
    """Return them."""
    does = "list the last refused requests, with the reason"
    return (Verb("list", does, "--limit 5", (limit(),)),)
