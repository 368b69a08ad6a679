"""Reads the command line; nothing here reads Taskhook's environment or its store."""

import os
from collections.abc import Sequence
from typing import NoReturn

import click

from chalicelib.domain.printable import one_line
from tools.cells import is_coloured
from tools.verbs.groups import Root
from tools.verbs.parts import Args

COMPLETE = "_TASKHOOK_COMPLETE"
"""The variable with which a shell asks for completions."""


def parse(given: Sequence[str], program: str = "manage.py") -> Args:
    """Read a command.

    Raises:
        SystemExit: It asked for help (0), or it cannot be read (2, after one line).
    """
    root = Root()
    if asked := os.environ.get(COMPLETE):
        raise SystemExit(_complete(root, program, asked))
    try:
        with root.make_context(program, list(given), color=is_coloured()) as context:
            args: Args = root.invoke(context)
            return args
    except click.exceptions.Exit as ended:
        raise SystemExit(ended.exit_code) from None
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.message, color=is_coloured())
        raise SystemExit(0) from None
    except click.UsageError as error:
        _complain(error, program)


def completion(shell: str, program: str) -> str:
    """Return the script that makes a shell complete the command line.

    Args:
        shell: `bash`, `zsh` or `fish`.
        program: The name of the command.
    """
    from click.shell_completion import get_completion_class  # noqa: PLC0415 -- only a shell needs it

    found = get_completion_class(shell)
    if found is None:
        raise ValueError(shell)
    return found(Root(), {}, program, COMPLETE).source()


def _complete(root: click.Command, program: str, asked: str) -> int:
    from click.shell_completion import shell_complete  # noqa: PLC0415 -- as above

    return shell_complete(root, {}, program, COMPLETE, asked)


def _complain(error: click.UsageError, program: str) -> NoReturn:
    path = error.ctx.command_path if error.ctx else program
    click.echo(one_line(f"{path}: {_reason(error)}"), err=True)
    raise SystemExit(2)


def _reason(error: click.UsageError) -> str:
    """Return what is wrong: the argument's name, and what it takes."""
    if isinstance(error, click.NoSuchCommand) and error.ctx:
        known = error.ctx.command
        taken = known.list_commands(error.ctx) if isinstance(known, click.Group) else []
        return f"there is no command {error.command_name}: it takes {', '.join(taken)}"
    if not isinstance(error, click.BadParameter) or not error.param or not error.ctx:
        text = error.format_message()
        return text[:1].lower() + text[1:]
    parameter = error.param
    is_option = isinstance(parameter, click.Option)
    name = parameter.opts[0] if is_option else parameter.make_metavar(error.ctx)
    if isinstance(error, click.MissingParameter):
        return f"the following arguments are required: {name}"
    return f"argument {name}: {error.message}"
