"""The verbs of `taskhook request`."""

from tools.verbs.parts import Verb, limit, since, until


def verbs() -> tuple[Verb, ...]:
    """Return them."""
    does = "list the last refused requests, with the reason"
    return (Verb("list", does, "--since 2d", (since(default=0.0), until(), limit())),)
