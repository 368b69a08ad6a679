"""The verbs of `taskhook token`."""

import click

from tools.verbs.parts import Verb, argument

_KINDS = ("webhook", "api", "session")


def verbs() -> tuple[Verb, ...]:
    """Return them."""
    taken = f"one of {', '.join(_KINDS)} (default: webhook)"
    which = argument("which", taken, required=False, type=click.Choice(_KINDS), default=_KINDS[0])
    asks = "Replace the {which} token? What uses the old one stops working at once."
    return (Verb("rotate", "replace a token", "api", (which,), asks),)
