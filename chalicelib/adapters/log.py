"""The log: a fixed message and its fields; never a token, a secret or a body.

On AWS the runtime writes each as one JSON object, with the request's id: the functions' log format
says so.
"""

import json
import logging
from collections.abc import Mapping

from chalicelib.config import CONFIG
from chalicelib.domain.printable import one_line

# Chalice turns the one that has its application's name down to errors.
_logger = logging.getLogger("chalicelib")
_logger.setLevel(CONFIG.log_level)


def event(name: str, level: int = logging.INFO, **fields: object) -> None:
    """Log that something happened."""
    if _logger.isEnabledFor(level):
        _logger.log(level, name, extra={field: _plain(value) for field, value in fields.items()})


def _plain(value: object) -> object:
    """Return a value as JSON holds it, its texts without characters that act on a terminal."""
    if isinstance(value, (str, int, float)):
        return one_line(value) if isinstance(value, str) else value
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return None if value is None else one_line(str(value))


_told: set[str] = set()


def once(name: str, level: int, **fields: object) -> None:
    """Log that something is so, where this process has not said it yet."""
    said = json.dumps([name, fields], default=str)
    if said not in _told:
        _told.add(said)
        event(name, level, **fields)
