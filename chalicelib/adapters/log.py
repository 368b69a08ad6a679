"""The log: a fixed message and its fields; never a token, a secret or a body.

On AWS the runtime writes each as one JSON object, with the request's id: the functions' log format says so.
"""

import json
import logging

from chalicelib.config import CONFIG

_logger = logging.getLogger("chalicelib")  # Chalice turns the one that has its application's name down to errors
_logger.setLevel(CONFIG.log_level)


def event(name: str, level: int = logging.INFO, **fields: object) -> None:
    """Log that something happened."""
    if _logger.isEnabledFor(level):
        _logger.log(level, name, extra={field: _plain(value) for field, value in fields.items()})


def _plain(value: object) -> object:
    return value if isinstance(value, (str, int, float)) else json.loads(json.dumps(value, default=str))


_told: set[str] = set()


def once(name: str, level: int, **fields: object) -> None:
    """Log that something is so, where this process has not said it yet."""
    said = json.dumps([name, fields], default=str)
    if said not in _told:
        _told.add(said)
        event(name, level, **fields)
