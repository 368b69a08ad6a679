"""Kanboard's official Python client before a local run."""

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from kanboard import Client  # type: ignore[import-untyped]

from tests.support.receivers import make_certificate

_FOLDER = tempfile.TemporaryDirectory()


@cache
def _trusted() -> str:
    return str(make_certificate(Path(_FOLDER.name), "taskhook.test").chain)


class QuickClient(Client):  # type: ignore[misc]
    """The client, which trusts one certificate.

    It loads for each call what it trusts, over plain HTTP too; all of the system's authorities take
    ten times as long as the call.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        """Take what the client takes."""
        super().__init__(*args, cafile=_trusted(), **more)
