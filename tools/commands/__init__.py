"""The commands of `manage.py`: each function is one, and returns its output.

A command's module is imported when the command is asked for: one of them needs all views.
"""

from argparse import Namespace
from collections.abc import Callable
from importlib import import_module
from typing import Any

MODULES = {
    "settings": "settings",
    "token": "settings",
    "endpoint": "endpoints",
    "delivery": "deliveries",
    "source": "sources",
    "user": "people",
    "project": "people",
    "table": "tables",
    "schema": "schemas",
}
"""The module that holds the commands about a thing."""


class Failure(dict[str, Any]):
    """A row about a failure: the exit code is 1."""


def __getattr__(name: str) -> Callable[[Namespace], Any]:
    """Return the function of a command, such as `endpoint_list`."""
    thing, _, verb = name.partition("_")
    if not verb or thing not in MODULES:
        raise AttributeError(f"no command is named {name}", name=name)
    command: Callable[[Namespace], Any]
    command = getattr(import_module(f"{__name__}.{MODULES[thing]}"), name)
    return command
