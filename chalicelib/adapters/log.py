"""The log: one JSON object a line, a fixed event name and its fields; never a token, a secret or a body."""

import json
import logging
import sys
import time

from chalicelib.config import CONFIG

_logger = logging.getLogger("chalicelib")  # Chalice turns the one that has its application's name down to errors
_logger.setLevel(CONFIG.log_level)


def event(name: str, level: int = logging.INFO, **fields: object) -> None:
    """Log that something happened."""
    if _logger.isEnabledFor(level):
        _logger.log(level, "%s", json.dumps({"event": name, **fields}, default=str, ensure_ascii=False))


def count(metric: str, **fields: object) -> None:
    """Count one of something in CloudWatch, by its embedded metric format: a line of its own, without a prefix."""
    directive = {"Namespace": "Taskhook", "Dimensions": [[]], "Metrics": [{"Name": metric, "Unit": "Count"}]}
    line = {"_aws": {"Timestamp": round(time.time() * 1000), "CloudWatchMetrics": [directive]}, metric: 1, **fields}
    sys.stderr.write(json.dumps(line, default=str) + "\n")
