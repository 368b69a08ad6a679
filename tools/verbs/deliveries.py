"""The verbs of `taskhook delivery`."""

import click

from tools.verbs.kinds import COUNT, RATE
from tools.verbs.parts import Verb, argument, flag, its_id, limit, option, since, until

_ENDED = ("delivered", "failed")


def verbs() -> tuple[Verb, ...]:
    """Return them."""
    endpoint = option("--endpoint", "only those to this endpoint", metavar="ID")
    statuses = click.Choice(["pending", *_ENDED, "superseded"])
    status = option("--status", "only those with this status", type=statuses)
    listed = endpoint, status, since(default=0.0), until(), limit()
    lines = option(
        "--lines", "begin with so many earlier ones (default: 10)", type=COUNT, default=10
    )
    followed = endpoint, status, lines
    again = "send a delivery again now, in its present format"
    period = "send the deliveries of a period again"
    return (
        Verb("list", "list deliveries, the newest first", "--status failed --since 2d", listed),
        Verb("tail", "print attempts as they happen, until Ctrl-C", "--status failed", followed),
        Verb("show", "show a delivery with its body and attempts", "ID", (argument("id"),)),
        Verb("retry", again, "ID", (its_id(),)),
        Verb("replay", period, "--endpoint ci --since 2d --dry-run", _replayed()),
    )


def _replayed() -> tuple[click.Parameter, ...]:
    ended = click.Choice(_ENDED)
    return (
        option("--endpoint", "the endpoint", metavar="ID", required=True),
        since(required=True),
        until(),
        option("--status", "only these (default: both)", type=ended),
        option("--rate", "deliveries a second (default: 20)", type=RATE, default=20.0),
        option("--after", "continue an earlier replay", metavar="CURSOR"),
        flag("--dry-run", "count, and write nothing"),
    )
