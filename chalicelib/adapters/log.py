"""The log: one JSON object a line, a fixed event name and its fields; never a token, a secret or a body."""

import json
import logging

from chalicelib.config import CONFIG

_logger = logging.getLogger("taskhook")
_logger.setLevel(CONFIG.log_level)


def event(name: str, level: int = logging.INFO, **fields: object) -> None:
    """Log that something happened."""
    if _logger.isEnabledFor(level):
        _logger.log(level, "%s", json.dumps({"event": name, **fields}, default=str, ensure_ascii=False))
