"""The operator's command line: against AWS, or with --local against a local run."""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import local
from chalicelib.domain.errors import StoreUnavailable, TaskhookError
from chalicelib.domain.printable import as_json, field, one_line
from tools.command_line import parser

_HINT = "; AWS needs a region and credentials; for a local run, add --local"


def show(answer: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None, *, is_json: bool) -> None:
    """Print a mapping as lines or a sequence as a table, or either as JSON."""
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
    """Return a value's lines: one, or one for each mapping in a list."""
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
    """Return a value on one line; most values are untrusted input."""
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
    args = parser(__doc__).parse_args()
    try:
        if getattr(args, "local", False):
            local.connect(getattr(args, "data_dir", Path(".data")))
        # Imported late: these modules read the environment.
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
