"""The verbs of `taskhook source`."""

from typing import Any

import click

from chalicelib.domain.presets import PRESETS
from chalicelib.domain.verification import SCHEMES
from tools.verbs.parts import Verb, argument, flag, its_id, limit, option, secrets, since

_FLAG = click.Choice(["true", "false"])


def verbs() -> tuple[Verb, ...]:
    """Return them."""
    return *_of_the_row(), *_of_payloads()


def _of_the_row() -> tuple[Verb, ...]:
    add, change = "add a tool that sends its own JSON", "change a source"
    new = option("--id", "its id in the URL (default: random)", metavar="ID"), *_fields()
    removal = "Remove the source {id}? Its sender is refused from then on."
    rotate = "replace its secret; both are accepted for 24 hours"
    return (
        Verb("add", add, "--preset github --id github", new),
        Verb("change", change, "github --name 'Our repository'", (its_id(), *_fields())),
        Verb("list", "list the sources with their state", "", (limit(),)),
        Verb("show", "show a source, its mapping and its figures", "github", (its_id(), secrets())),
        Verb("remove", "remove it; its payloads stay a week", "github", (its_id(),), removal),
        Verb("rotate-secret", rotate, "github", (its_id(),)),
    )


def _of_payloads() -> tuple[Verb, ...]:
    says = "a payload's JSON (default: standard input)"
    file = argument("file", says, required=False, default="-")
    payload = option("--payload", "this one (default: all that failed)", metavar="ID")
    tries, lists = "show what it would make of a payload", "list its newest payloads"
    replays = "send payloads again through the current mapping"
    return (
        Verb("try", tries, "github payload.json", (its_id(), file)),
        Verb("payloads", lists, "github --since 1h", (its_id(), since(default=0.0), limit())),
        Verb("replay", replays, "github", (its_id(), payload)),
    )


def _fields() -> list[click.Parameter]:
    expression: dict[str, Any] = {"metavar": "EXPRESSION"}
    stdin = "read its secret from standard input (default of a new source: random)"
    origins = click.Option(
        ["--origin", "origins"],
        help="an origin that may send, or *",
        multiple=True,
        callback=_none_if_absent,
        metavar="ORIGIN",
    )
    verify = f"how a request is authenticated: one of {', '.join(SCHEMES)}"
    return [
        option("--name", "its display name", metavar="TEXT"),
        option("--preset", f"one of {', '.join(PRESETS)}", metavar="PRESET"),
        option("--verify", verify, metavar="SCHEME"),
        flag("--secret-stdin", stdin),
        option("--each", "selects the items of a payload", **expression),
        option("--when", "true for items to process", **expression),
        option("--key", "the key of an item", **expression),
        option("--close-when", "true for items that close their task", **expression),
        option("--task", "a template of the task", metavar="JSON"),
        origins,
        option("--redirect-to", "where to redirect after a form", metavar="URL"),
        option("--from-taskhook", "whether to accept requests of Taskhook", type=_FLAG),
        option("--is-active", "whether it is active", type=_FLAG),
    ]


def _none_if_absent(_: click.Context, __: click.Parameter, given: Any) -> list[str] | None:
    return list(given) or None
