"""The operator's command line: against AWS, or with --local against a local run."""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import local
from chalicelib.domain.errors import Refused, StoreUnavailable, TaskhookError
from chalicelib.domain.events import EVENT_TYPES
from chalicelib.domain.formats import FORMATS
from chalicelib.domain.moments import read_moment
from chalicelib.domain.printable import as_json, field, one_line

_HINT = "; AWS was asked: that takes a region and credentials, a local run takes --local"


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and exit with 2."""
        self.exit(2, one_line(f"{self.prog}: {message}") + "\n")


def parser() -> Parser:
    """Return the whole command line; `command` names a function of `tools.commands`."""
    everywhere = Parser(add_help=False)
    everywhere.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="print JSON"
    )
    everywhere.add_argument(
        "--local", action="store_true", default=argparse.SUPPRESS, help="ask a local run"
    )
    everywhere.add_argument(
        "--data-dir",
        type=Path,
        default=argparse.SUPPRESS,
        help="where the local run keeps its data (.data)",
    )
    root = Parser(prog="manage.py", description=__doc__, parents=[everywhere])
    groups = root.add_subparsers(
        required=True, metavar="settings|token|endpoint|delivery|user|project|table"
    )

    def group(name: str) -> Any:
        return groups.add_parser(name).add_subparsers(required=True)

    def command(
        verbs: Any, noun: str, verb: str, does: str, *arguments: tuple[str, dict[str, Any]]
    ) -> None:
        sub = verbs.add_parser(verb, parents=[everywhere], help=does, description=does)
        sub.set_defaults(command=f"{noun}_{verb}".replace("-", "_"))
        for name, options in arguments:
            sub.add_argument(name, **options)

    with_secrets = ("--secrets", {"action": "store_true", "help": "show tokens and secrets too"})
    an_id: tuple[str, dict[str, Any]] = ("id", {})
    command(group("settings"), "settings", "show", "show the settings", with_secrets)
    which = (
        "which",
        {"nargs": "?", "choices": ["webhook", "api", "session"], "default": "webhook"},
    )
    command(
        group("token"), "token", "rotate", "replace a token by a new one (default: webhook)", which
    )
    _add_endpoint_commands(group("endpoint"), command, an_id, with_secrets)
    _add_delivery_commands(group("delivery"), command, an_id)
    _add_people_commands(group, command)
    _add_table_commands(group("table"), command)
    return root


def _add_endpoint_commands(verbs: Any, command: Any, an_id: Any, with_secrets: Any) -> None:
    event: dict[str, Any] = {"action": "append", "help": f"any of {', '.join(EVENT_TYPES)}"}
    kind = ("--format", {"help": f"one of {', '.join(FORMATS)}"})
    its_id = ("--id", {"help": "its name (default: a random one)"})
    command(
        verbs,
        "endpoint",
        "add",
        "add a URL to call",
        ("url", {}),
        ("--event", event | {"default": []}),
        kind,
        its_id,
    )
    command(
        verbs,
        "endpoint",
        "change",
        "change its URL, events or format",
        an_id,
        ("--url", {}),
        ("--event", event),
        kind,
    )
    command(verbs, "endpoint", "list", "list the endpoints with their state")
    command(
        verbs, "endpoint", "show", "show an endpoint and how it has answered", an_id, with_secrets
    )
    command(verbs, "endpoint", "test", "send it a signed ping", an_id)
    command(verbs, "endpoint", "enable", "call it again, with its failures forgotten", an_id)
    command(
        verbs,
        "endpoint",
        "disable",
        "stop calling it; deliveries that wait for it are given up",
        an_id,
    )
    command(
        verbs, "endpoint", "remove", "remove it; deliveries that wait for it are given up", an_id
    )
    command(
        verbs, "endpoint", "rotate-secret", "give it a new secret; both sign for 24 hours", an_id
    )


def _add_delivery_commands(verbs: Any, command: Any, an_id: Any) -> None:
    since = (
        "--since",
        {"type": _epoch, "default": 0.0, "metavar": "TIME", "help": "ISO 8601 or epoch seconds"},
    )
    status = ("--status", {"choices": ["pending", "delivered", "failed", "superseded"]})
    endpoint = ("--endpoint", {"metavar": "ID"})
    command(verbs, "delivery", "list", "list deliveries, the newest first", endpoint, status, since)
    command(verbs, "delivery", "show", "show a delivery with its body and attempts", an_id)
    command(verbs, "delivery", "retry", "send a delivery again now", an_id)
    command(
        verbs,
        "delivery",
        "replay",
        "send the deliveries of a period again",
        ("--endpoint", {"metavar": "ID", "required": True}),
        (
            "--since",
            {
                "type": _epoch,
                "required": True,
                "metavar": "TIME",
                "help": "ISO 8601 or epoch seconds",
            },
        ),
        ("--until", {"type": _epoch, "default": 1e11, "metavar": "TIME", "help": "(default: now)"}),
        ("--status", {"choices": ["delivered", "failed"], "help": "only these (default: both)"}),
        (
            "--rate",
            {"type": _rate, "default": 20.0, "help": "deliveries a second (default: %(default)g)"},
        ),
        ("--after", {"metavar": "PLACE", "help": "go on where an earlier replay ended"}),
        ("--dry-run", {"action": "store_true", "help": "only count"}),
    )


def _add_people_commands(group: Any, command: Any) -> None:
    name: tuple[str, dict[str, Any]] = ("username", {})
    verbs = group("user")
    command(
        verbs,
        "user",
        "add",
        "add a user; asks for a password at a terminal",
        name,
        ("--name", {"default": "", "help": "how the user is shown"}),
        ("--role", {"default": "user", "help": "administrator, manager or user (the default)"}),
        (
            "--password-stdin",
            {"action": "store_true", "help": "read a password from standard input"},
        ),
    )
    command(verbs, "user", "list", "list the users")
    command(
        verbs,
        "user",
        "password",
        "set a password: asked for at a terminal, else read from standard input",
        name,
    )
    command(
        verbs, "user", "disable", "keep a user from signing in and from being assigned tasks", name
    )
    verbs = group("project")
    column = ("--column", {"action": "append", "help": "instead of the usual ones; once for each"})
    command(verbs, "project", "add", "add a project", ("name", {}), column)
    command(verbs, "project", "list", "list the projects with the ids of their columns")


def _add_table_commands(verbs: Any, command: Any) -> None:
    command(
        verbs,
        "table",
        "restore",
        "copy the rows of a restored table into the one in use",
        ("name", {"help": "tasks, say: the table in use, without its prefix"}),
        (
            "--from",
            {
                "dest": "restored",
                "metavar": "PREFIX",
                "required": True,
                "help": "of the restored table's name",
            },
        ),
        ("--missing-only", {"action": "store_true", "help": "leave the rows that are there"}),
        ("--dry-run", {"action": "store_true", "help": "only count"}),
    )


def _rate(text: str) -> float:
    """Read a number above 0 and up to 1000."""
    try:
        rate = float(text)
    except ValueError:
        rate = 0
    if not 0 < rate <= 1000:  # also refuses NaN
        raise argparse.ArgumentTypeError(
            f"{text!r} is no rate: it takes a number above 0 and up to 1000"
        )
    return rate


def _epoch(text: str) -> float:
    """Read a time in UTC, unless it says otherwise, or epoch seconds."""
    try:
        seconds = read_moment("time", text)
    except Refused:
        seconds = None
    if seconds is None:
        taken = "ISO 8601, as in 2026-01-31 or 2026-01-31T12:00 (UTC), or epoch seconds"
        raise argparse.ArgumentTypeError(f"{text!r} is no time: it takes {taken}")
    return seconds


def show(answer: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None, *, is_json: bool) -> None:
    """Print one thing as lines, or several as a table; both as JSON where asked."""
    if answer is None:
        return
    if is_json:
        print(as_json(answer))
    elif isinstance(answer, Mapping):
        width = max(map(len, answer))
        for name, value in answer.items():
            for line in _lines(value):
                print(f"{name:{width}}  {line}")
    else:
        _print_table([{name: _cell(value) for name, value in row.items()} for row in answer])


def _lines(value: object) -> list[str]:
    """Return what is shown of a value: one line, or one for each of several things."""
    if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
        return [" ".join(field(name, _cell(part)) for name, part in one.items()) for one in value]
    return [_cell(value)]


def _print_table(rows: Sequence[Mapping[str, str]]) -> None:
    if not rows:
        print("none")
        return
    widths = {name: max(len(name), *(len(row[name]) for row in rows)) for name in rows[0]}
    for line in ({name: name for name in widths}, *rows):
        print("  ".join(f"{line[name]:{width}}" for name, width in widths.items()).rstrip())


def _cell(value: object) -> str:
    """Return what is shown of a value; most of it was written by others."""
    if isinstance(value, str):
        return one_line(value)
    if (
        isinstance(value, Iterable)
        and not isinstance(value, Mapping)
        and all(isinstance(v, str) for v in value)
    ):
        return one_line(",".join(value))
    return one_line(json.dumps(value, ensure_ascii=False))


def main() -> None:
    """Run one command."""
    args = parser().parse_args()
    try:
        if getattr(args, "local", False):
            local.connect(getattr(args, "data_dir", Path(".data")))
        # Only now: what the commands import reads the environment.
        from tools import commands

        answer = getattr(commands, args.command)(args)
        show(answer, is_json=getattr(args, "json", False))
        sys.exit(int(isinstance(answer, commands.Failure)))
    except TaskhookError as error:
        is_astray = type(error) is StoreUnavailable and not getattr(args, "local", False)
        sys.exit(_complain(error, _HINT if is_astray else ""))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(error: Exception, hint: str = "") -> int:
    print(one_line(f"manage.py: {error}{hint}"), file=sys.stderr)
    return 2


if __name__ == "__main__":
    main()
