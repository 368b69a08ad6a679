"""The log: a fixed message and its fields; never a token, a secret or a body.

On AWS the runtime writes each message as one JSON object with the request's id, because the
functions' log format is JSON.
"""

import json
import logging
from collections.abc import Mapping

from chalicelib.config import CONFIG
from chalicelib.domain.printable import one_line

# Not named after the application: Chalice limits that logger to errors.
_logger = logging.getLogger("chalicelib")
_logger.setLevel(CONFIG.log_level)


def event(name: str, level: int = logging.INFO, **fields: object) -> None:
    """Log an event."""
    if _logger.isEnabledFor(level):
        _logger.log(level, name, extra={field: _plain(value) for field, value in fields.items()})


def _plain(value: object) -> object:
    """Return a JSON value whose texts have no control characters for a terminal."""
    if isinstance(value, (str, int, float)):
        return one_line(value) if isinstance(value, str) else value
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return None if value is None else one_line(str(value))


_logged: set[str] = set()


def once(name: str, level: int, **fields: object) -> None:
    """Log an event unless this process has already logged the same one."""
    entry = json.dumps([name, fields], default=str)
    if entry not in _logged:
        _logged.add(entry)
        event(name, level, **fields)
