"""The templates and static files of pages."""

import functools
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.web.pages import presenting, times

if TYPE_CHECKING:
    from jinja2 import Environment

STATIC = Path(__file__).parent.parent / "static"
_TEMPLATES = Path(__file__).parent.parent / "templates"


@functools.cache
def environment() -> "Environment":
    """Return the template renderer, loaded on the first page: it saves an add 50 ms."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    loaded = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    loaded.globals["static"] = static_path
    for function in (presenting.late, presenting.day, presenting.moment, times.stamp):
        loaded.globals[function.__name__] = function
    return loaded


@functools.cache
def static_path(name: str) -> str:
    """Return the path of a static file; it changes with the file's content."""
    return f"/static/{hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}/{name}"
