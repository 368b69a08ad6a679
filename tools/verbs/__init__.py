"""The verbs of the command line: what each takes, and what its help says.

A verb is declared here, in the module of its thing, and is a function of the same name in
`tools.commands`: `endpoint rotate-secret` runs `endpoint_rotate_secret`. Nothing here reads the
environment or the store, so that help and completion answer at once.
"""

from importlib import import_module

from tools.verbs.parts import Verb

MODULES = {
    "task": "tasks",
    "endpoint": "endpoints",
    "delivery": "deliveries",
    "source": "sources",
    "request": "requests",
    "project": "projects",
    "user": "users",
    "settings": "settings",
    "token": "tokens",
    "table": "tables",
    "schema": "schemas",
    "completion": "completion",
}
"""The module that declares the verbs of a thing, in the order of the help."""


def verbs_of(thing: str) -> tuple[Verb, ...]:
    """Return the verbs of a thing, such as `endpoint`."""
    declared: tuple[Verb, ...] = import_module(f"{__name__}.{MODULES[thing]}").verbs()
    return declared
