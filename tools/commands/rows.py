"""Output that several commands share."""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

Row = Mapping[str, Any]


def time_text(seconds: float) -> str:
    """Return epoch seconds as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
