"""The verbs of `taskhook endpoint`."""

from typing import Any

import click

from chalicelib.domain.endpoint_fields import FIELDS, Field, Kind
from chalicelib.domain.events import EVENT_TYPES
from chalicelib.domain.formats import FORMATS
from tools.verbs.kinds import NAMES
from tools.verbs.parts import Verb, argument, its_id, limit, option, secrets

_GIVEN_UP = "its pending deliveries are given up"
_METAVARS = {
    Kind.TEXT: "TEXT",
    Kind.CODE: "EXPRESSION",
    Kind.FLAG: "true|false",
    Kind.NUMBER: "N",
    Kind.NUMBERS: "N,N...",
    Kind.JSON: "JSON",
}


def verbs() -> tuple[Verb, ...]:
    """Return them."""
    new = argument("url"), *_written(), option("--id", "its id (default: random)", metavar="ID")
    changed = its_id(), option("--url", "the new URL", metavar="URL"), *_written()
    return (
        Verb("add", "add a URL to call", "https://example.com/hook --event task.created", new),
        Verb("change", 'change an endpoint; "" takes a field away', "ci --name 'The CI'", changed),
        Verb("list", "list the endpoints with their state", "", (limit(),)),
        Verb("show", "show an endpoint and its health", "ci", (its_id(), secrets())),
        Verb("test", "send it a signed ping", "ci", (its_id(),)),
        Verb("enable", "enable it and reset its failures", "ci", (its_id(),)),
        Verb("disable", f"disable it; {_GIVEN_UP}", "ci", (its_id(),), _asked("Disable")),
        Verb("remove", f"remove it; {_GIVEN_UP}", "ci", (its_id(),), _asked("Remove")),
        Verb("rotate-secret", "replace its secret; both sign for 24 hours", "ci", (its_id(),)),
    )


def _asked(verb: str) -> str:
    return f"{verb} the endpoint {{id}}? Its pending deliveries are given up."


def _written() -> list[click.Parameter]:
    """Return the options of what is written: `event` is None where it is not given."""
    taken = f"any of {', '.join(EVENT_TYPES)}; several with commas, or one --event for each"
    event = option("--event", taken, type=NAMES, multiple=True, callback=_flat, metavar="TYPE")
    kind = option("--format", f"one of {', '.join(FORMATS)}", metavar="FORMAT")
    return [event, kind, *(_option(name, field) for name, field in FIELDS.items())]


def _flat(_: click.Context, __: click.Parameter, given: Any) -> list[str] | None:
    return [name for names in given for name in names] or None


def _option(name: str, field: Field) -> click.Option:
    return option("--" + name.replace("_", "-"), field.says, metavar=_METAVARS[field.kind])
