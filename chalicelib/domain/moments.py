"""Reads points in time: calendar dates after ISO 8601 and RFC 3339, and epoch seconds.

The standard library's parser accepts different texts in each Python from 3.10 to 3.14; this one
accepts the same in all.
"""

import re
from datetime import datetime, timezone

from chalicelib.domain.errors import Refused
from chalicelib.domain.values import Number, is_blank

LATEST = 253_402_300_799
"""The last second of the year 9999, in epoch seconds."""

DAY = 86400
"""Seconds."""

_MOMENT = re.compile(
    r"(?P<year>[0-9]{4})(?P<dash>[-/_]?)(?P<month>[0-9]{2})(?P=dash)(?P<day>[0-9]{2})"
    r"(?:[T "
    r"](?P<hour>[0-9]{2})(?::?(?P<minute>[0-9]{2})(?::?(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?)?"
    r"(?:Z|(?P<sign>[+-])(?P<hours>[0-9]{2})(?::?(?P<minutes>[0-9]{2}))?)?)?",
    re.IGNORECASE,
)
_EPOCH = re.compile(r"0|[0-9]{9,}(?:\.[0-9]+)?")


def read_date(field: str, text: str | None) -> int:
    """Return a moment in whole epoch seconds, 0 for none; takes and raises as `read_moment`."""
    return int(read_moment(field, text) or 0)


def read_day(field: str, text: str | None) -> str:
    """Return a moment's day as `YYYY-MM-DD`, "" for none; takes and raises as `read_moment`."""
    seconds = read_date(field, text)
    return datetime.fromtimestamp(seconds, timezone.utc).date().isoformat() if seconds else ""


def read_moment(field: str, text: str | None) -> float | None:
    """Return a moment in epoch seconds, None for none (blank).

    Args:
        field: The field's name, for the error.
        text: `YYYY-MM-DD` or `YYYYMMDD`, which is the start of the day, or with a time after it
            (`2026-07-01 14:25`, `2026-07-01T14:25:00.5+02:00`), in UTC unless it has an offset.
            Or epoch seconds: a JSON number, nine digits or more (from March 1973 on), or 0.
            Other numbers of digits are refused: they are part of a date, or a mistake.

    Raises:
        Refused: It is none of these, before 1970 or after the year 9999.
    """
    if text is None or is_blank(text):
        return None
    try:
        seconds = _seconds(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < LATEST + 1:  # milliseconds are a common mistake
        raise Refused({field: "takes a date such as 2026-07-01 14:25, or nothing"})
    return seconds


def _seconds(text: str) -> float:
    """Return epoch seconds. Raises ValueError."""
    if isinstance(text, Number):
        return text.plain
    if _EPOCH.fullmatch(text):
        return float(text)
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(text)
    year, month, day = int(found["year"]), int(found["month"]), int(found["day"])
    begin = datetime(year, month, day, tzinfo=timezone.utc).timestamp() - _offset(found)
    return begin + _time_of_day(found, begin)


def _offset(found: re.Match[str]) -> int:
    """Return the seconds by which a time is ahead of UTC. Raises ValueError."""
    hours, minutes = int(found["hours"] or 0), int(found["minutes"] or 0)
    if hours > 23 or minutes > 59:
        raise ValueError(found.string)
    return (hours * 3600 + minutes * 60) * (-1 if found["sign"] == "-" else 1)


def _time_of_day(found: re.Match[str], begin: float) -> float:
    """Return the seconds since midnight: 24:00 ends the day, a leap second counts as the next.

    Raises:
        ValueError: There is no such time.
    """
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    seconds = hour * 3600 + minute * 60 + second + float(f"0.{found['fraction'] or 0}")
    is_end = hour == 24 and seconds == DAY
    # 23:59:60 in UTC.
    is_leap = second == 60 and (begin + hour * 3600 + minute * 60 + second) % DAY == 0
    if minute > 59 or not (hour < 24 or is_end) or not (second < 60 or is_leap):
        raise ValueError(found[0])
    return seconds
