"""What verbs are declared with: the verb itself, its arguments, and those that several share."""

from types import SimpleNamespace
from typing import Any, NamedTuple

import click

from tools.verbs.kinds import COUNT, TIME

Args = SimpleNamespace
"""What was read of a command line: `command` names a function of `tools.commands`; `json`, `local`,
`address` (of a local run), `data_dir` (a Path, or None), `program`, `yes` and `question` (what to
ask first, or "") stand beside the verb's own arguments."""


class Verb(NamedTuple):
    """A verb of the command line."""

    name: str
    does: str
    """What it does, in a few words that begin in lower case."""
    example: str
    """What follows the name in an example; "" for nothing."""
    takes: tuple[click.Parameter, ...] = ()
    asks: str = ""
    """What is asked first, since it destroys; `{id}` is the value of `id`. "": nothing."""


def option(name: str, says: str, **how: Any) -> click.Option:
    """Return an option such as `--until`."""
    return click.Option([name], help=says, **how)


def flag(name: str, says: str) -> click.Option:
    """Return an option without a value."""
    return option(name, says, is_flag=True)


def argument(name: str, says: str = "", **how: Any) -> click.Argument:
    """Return an argument, which is required unless `how` says otherwise."""
    return click.Argument([name], help=says or None, **how)


def its_id() -> click.Argument:
    """Return the argument that names a thing."""
    return argument("id")


def secrets() -> click.Option:
    """Return the option that shows what is hidden otherwise."""
    return flag("--secrets", "show tokens and secrets too")


def limit() -> click.Option:
    """Return the option of a list that says how long it may be."""
    says = "show at most so many; 0: all (default: 30 on a terminal, else all)"
    return option("--limit", says, type=COUNT)


def since(**how: Any) -> click.Option:
    """Return the option that leaves out what is older."""
    says = "1h, 2d, today, ISO 8601 (UTC) or epoch seconds"
    return option("--since", says, type=TIME, **how)


def until(**how: Any) -> click.Option:
    """Return the option that leaves out what is newer."""
    return option("--until", "the same (default: now)", type=TIME, default=1e11, **how)
