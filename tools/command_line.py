"""The commands of `manage.py` and their arguments; nothing here reads the environment."""

import argparse
from pathlib import Path
from typing import Any, NoReturn

from chalicelib.domain.endpoint_fields import FIELDS, Field, Kind
from chalicelib.domain.events import EVENT_TYPES
from chalicelib.domain.formats import FORMATS
from chalicelib.domain.presets import PRESETS
from chalicelib.domain.printable import one_line
from chalicelib.domain.verification import SCHEMES
from tools.argument_types import epoch, names, rate

_GIVEN_UP = "its pending deliveries are given up"
_A_TIME = "ISO 8601 or epoch seconds"


class Parser(argparse.ArgumentParser):
    """An argument parser that reports an error in one line."""

    def error(self, message: str) -> NoReturn:
        """Print the error and exit with 2."""
        self.exit(2, one_line(f"{self.prog}: {message}") + "\n")


class _Argument:
    """One argument of a command, as `add_argument` takes it."""

    def __init__(self, name: str, **options: Any) -> None:
        self.name, self.options = name, options

    def but(self, **options: Any) -> "_Argument":
        """Return the same argument with other options."""
        return _Argument(self.name, **self.options | options)


class _Group:
    """The commands about one thing."""

    def __init__(self, groups: Any, name: str, everywhere: Parser) -> None:
        self._name, self._everywhere = name, everywhere
        self._verbs = groups.add_parser(name).add_subparsers(required=True)

    def add(self, verb: str, does: str, *arguments: _Argument) -> None:
        """Add a command, whose function in `tools.commands` is named after both."""
        command = self._verbs.add_parser(
            verb, parents=[self._everywhere], help=does, description=does
        )
        command.set_defaults(command=f"{self._name}_{verb}".replace("-", "_"))
        for argument in arguments:
            command.add_argument(argument.name, **argument.options)


def parser(description: str | None = None) -> Parser:
    """Return the whole command line; `command` names a function of `tools.commands`."""
    everywhere = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    everywhere.add_argument("--json", action="store_true", help="print JSON")
    everywhere.add_argument("--local", action="store_true", help="use a local run")
    everywhere.add_argument(
        "--data-dir", type=Path, help="where the local run keeps its data (.data)"
    )
    root = Parser(prog="manage.py", description=description, parents=[everywhere])
    add = {
        "settings": _add_settings,
        "token": _add_token,
        "endpoint": _add_endpoints,
        "delivery": _add_deliveries,
        "source": _add_sources,
        "user": _add_users,
        "project": _add_projects,
        "table": _add_tables,
        "schema": _add_schemas,
    }
    groups = root.add_subparsers(required=True, metavar="|".join(add))
    for name, commands in add.items():
        commands(_Group(groups, name, everywhere))
    return root


_SECRETS = _Argument("--secrets", action="store_true", help="show tokens and secrets too")
_ID = _Argument("id")


def _add_settings(group: _Group) -> None:
    group.add("show", "show the settings", _SECRETS)


def _add_token(group: _Group) -> None:
    kinds = ["webhook", "api", "session"]
    which = _Argument("which", nargs="?", choices=kinds, default="webhook")
    group.add("rotate", "replace a token (default: webhook)", which)


def _add_endpoints(group: _Group) -> None:
    url = _Argument("url")
    taken = f"any of {', '.join(EVENT_TYPES)}; several with commas, or one --event for each"
    event = _Argument("--event", action="extend", type=names, help=taken)
    kind = _Argument("--format", help=f"one of {', '.join(FORMATS)}")
    its_id = _Argument("--id", help="its id (default: random)")
    fields = [_Argument(_option(name), **_about(field)) for name, field in FIELDS.items()]
    group.add("add", "add a URL to call", url, event.but(default=[]), kind, its_id, *fields)
    new_url = _Argument("--url")
    group.add(
        "change", 'change an endpoint; "" takes a field away', _ID, new_url, event, kind, *fields
    )
    group.add("list", "list the endpoints with their state")
    group.add("show", "show an endpoint and its health", _ID, _SECRETS)
    group.add("test", "send it a signed ping", _ID)
    group.add("enable", "enable it and reset its failures", _ID)
    group.add("disable", f"disable it; {_GIVEN_UP}", _ID)
    group.add("remove", f"remove it; {_GIVEN_UP}", _ID)
    group.add("rotate-secret", "replace its secret; both sign for 24 hours", _ID)


_METAVARS = {
    Kind.TEXT: "TEXT",
    Kind.CODE: "EXPRESSION",
    Kind.FLAG: "true|false",
    Kind.NUMBER: "N",
    Kind.NUMBERS: "N,N...",
    Kind.JSON: "JSON",
}


def _about(field: Field) -> dict[str, Any]:
    return {"metavar": _METAVARS[field.kind], "help": field.says.replace("%", "%%")}


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _add_sources(group: _Group) -> None:
    its_id = _Argument("--id", help="its id in the URL (default: random)")
    fields = _fields_of_sources()
    group.add("add", "add a tool that sends its own JSON", its_id, *fields)
    group.add("change", 'change a source; "" takes a field back to its preset', _ID, *fields)
    group.add("list", "list the sources with their state")
    group.add("show", "show a source, its mapping and its figures", _ID, _SECRETS)
    group.add("remove", "remove it; its payloads stay until they expire", _ID)
    group.add("rotate-secret", "replace its secret; both are accepted for 24 hours", _ID)
    file = _Argument(
        "file", nargs="?", default="-", help="a payload's JSON (default: standard input)"
    )
    group.add("try", "show what it would make of a payload; nothing is written", _ID, file)
    group.add("payloads", "list its newest payloads with their outcomes", _ID)
    payload = _Argument("--payload", metavar="ID", help="this one (default: all that failed)")
    group.add("replay", "send payloads again through the current mapping", _ID, payload)


def _fields_of_sources() -> list[_Argument]:
    flag: dict[str, Any] = {"choices": ["true", "false"]}
    expression: dict[str, Any] = {"metavar": "EXPRESSION"}
    stdin = "read its secret from standard input (default of a new source: random)"
    return [
        _Argument("--name", help="its display name"),
        _Argument("--preset", help=f"one of {', '.join(PRESETS)}"),
        _Argument("--verify", help=f"how a request is authenticated: one of {', '.join(SCHEMES)}"),
        _Argument("--secret-stdin", action="store_true", help=stdin),
        _Argument("--each", **expression, help="selects the items of a payload"),
        _Argument("--when", **expression, help="true for items to process"),
        _Argument("--key", **expression, help="the key of an item"),
        _Argument("--close-when", **expression, help="true for items that close their task"),
        _Argument("--task", metavar="JSON", help="a template of the task"),
        _Argument(
            "--origin", dest="origins", action="append", help="an origin that may send, or *"
        ),
        _Argument("--redirect-to", metavar="URL", help="where to redirect after a form"),
        _Argument("--from-taskhook", **flag, help="whether to accept requests of Taskhook"),
        _Argument("--is-active", **flag, help="whether it is active"),
    ]


def _add_deliveries(group: _Group) -> None:
    status = _Argument("--status", choices=["pending", "delivered", "failed", "superseded"])
    ended = _Argument(
        "--status", choices=["delivered", "failed"], help="only these (default: both)"
    )
    endpoint = _Argument("--endpoint", metavar="ID")
    since = _Argument("--since", type=epoch, default=0.0, metavar="TIME", help=_A_TIME)
    from_then = _Argument("--since", type=epoch, required=True, metavar="TIME", help=_A_TIME)
    until = _Argument("--until", type=epoch, default=1e11, metavar="TIME", help="(default: now)")
    a_second = "deliveries a second (default: %(default)g)"
    speed = _Argument("--rate", type=rate, default=20.0, help=a_second)
    after = _Argument("--after", metavar="CURSOR", help="continue an earlier replay")
    dry_run = _Argument("--dry-run", action="store_true", help="count, and write nothing")
    group.add("list", "list deliveries, the newest first", endpoint, status, since)
    group.add("show", "show a delivery with its body and attempts", _ID)
    group.add("retry", "send a delivery again now, in its endpoint's present format", _ID)
    says = "send the deliveries of a period again, in the present format"
    which = endpoint.but(required=True), from_then, until, ended, speed, after, dry_run
    group.add("replay", says, *which)


def _add_users(group: _Group) -> None:
    username = _Argument("username")
    name = _Argument("--name", default="", help="the display name")
    roles = "administrator, manager or user (the default)"
    role = _Argument("--role", default="user", help=roles)
    piped = _Argument(
        "--password-stdin", action="store_true", help="read a password from standard input"
    )
    asks = "add a user; asks for a password at a terminal"
    group.add("add", asks, username, name, role, piped)
    group.add("list", "list the users")
    asks = "set a password: asked for at a terminal, else read from standard input"
    group.add("password", asks, username)
    stops = "keep a user from signing in or being assigned tasks"
    group.add("disable", stops, username)


def _add_projects(group: _Group) -> None:
    once_each = "a column instead of the default ones; repeatable"
    column = _Argument("--column", action="append", help=once_each)
    group.add("add", "add a project", _Argument("name"), column)
    group.add("list", "list the projects with the ids of their columns")


def _add_tables(group: _Group) -> None:
    name = _Argument("name", help="the live table without its prefix, such as tasks")
    prefix = "of the restored table's name"
    restored = _Argument("--from", dest="restored", metavar="PREFIX", required=True, help=prefix)
    missing = _Argument("--missing-only", action="store_true", help="keep existing rows")
    dry_run = _Argument("--dry-run", action="store_true", help="count, and write nothing")
    copies = "copy the rows of a restored table into the live one"
    group.add("restore", copies, name, restored, missing, dry_run)


def _add_schemas(group: _Group) -> None:
    address = "the address that it names (default: %(default)s)"
    url = _Argument("--url", default="http://127.0.0.1:8000", help=address)
    group.add("openapi", "print the OpenAPI document of what can be called", url)
    group.add("asyncapi", "print the AsyncAPI document of what endpoints receive")
