"""Times for people: in UTC, until a script shows them in the reader's zone (`times.js`)."""

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from chalicelib.domain.moments import DAY, LATEST

if TYPE_CHECKING:
    from markupsafe import Markup


def stamp(seconds: float, words: str = "") -> "Markup":
    """Return a time of epoch seconds as an element, which says it exactly, or in other words."""
    from markupsafe import Markup  # noqa: PLC0415 -- only pages need it

    at = _utc(seconds)
    exact = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        f"{at:%Y-%m-%dT%H:%M:%SZ}", exact, words or exact
    )


def due(seconds: float) -> str:
    """Return a due date in words: the same day for every reader, whatever the zone."""
    at = _utc(seconds)
    words = f"{at.day} {at:%b %Y}"
    return words if seconds % DAY == 0 else f"{words}, {at:%H:%M} UTC"


def due_fields(seconds: float) -> dict[str, str]:
    """Return a due date as the values of its two fields; the start of a day has no time."""
    if not seconds:
        return {"date_due": "", "time_due": ""}
    at = _utc(seconds)
    return {
        "date_due": f"{at:%Y-%m-%d}",
        "time_due": "" if seconds % DAY == 0 else f"{at:%H:%M}",
    }


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(min(max(seconds, 0), LATEST), timezone.utc)
