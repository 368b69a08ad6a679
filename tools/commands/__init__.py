"""The commands: each function is one, and returns its output.

A command's module is imported when the command is asked for: one of them needs all views.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from tools.verbs import MODULES
from tools.verbs.parts import Args


class Failure(dict[str, Any]):
    """A row about a failure: the exit code is 1."""


def __getattr__(name: str) -> Callable[[Args], Any]:
    """Return the function of a command, such as `endpoint_list`."""
    thing, _, verb = name.partition("_")
    if not verb or thing not in MODULES:
        raise AttributeError(f"no command is named {name}", name=name)
    command: Callable[[Args], Any]
    command = getattr(import_module(f"{__name__}.{MODULES[thing]}"), name)
    return command
