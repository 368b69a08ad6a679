"""Postpones most of botocore until something uses it.

PynamoDB imports botocore's client and session, mostly for types, which takes four fifths of the
time to import it. Our data calls need neither. So PynamoDB is imported here first, while stand-ins
for them are there.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

import botocore
from botocore import exceptions


class _Postponed(ModuleType):
    """A module that is imported when anything of it is used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the import system asks, and uses nothing
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


_TAKEN: dict[str, dict[str, Any]] = {
    "botocore.config": {},
    "botocore.client": {"ClientError": exceptions.ClientError},
    "botocore.session": {"Session": object, "get_session": None},
    "pynamodb.connection._botocore_private": {"BotocoreBaseClientPrivate": object},
}
"""By module, what PynamoDB takes of it at once: an exception, types, and what `client` replaces."""


def _import_pynamodb() -> None:
    stand_ins = [_Postponed(name) for name in _TAKEN if name not in sys.modules]
    for stand_in in stand_ins:
        name = stand_in.__name__
        vars(stand_in).update(_TAKEN[name])
        sys.modules[name] = stand_in
        package, _, part = name.rpartition(".")
        if package == "botocore":
            setattr(botocore, part, stand_in)
    import_module("pynamodb.connection")
    for stand_in in stand_ins:
        for name in _TAKEN[stand_in.__name__]:
            delattr(stand_in, name)


_import_pynamodb()
