"""The dates of HTTP headers: RFC 9110 section 5.6.7's three forms, two of them obsolete.

Sun, 06 Nov 1994 08:49:37 GMT   IMF-fixdate
Sunday, 06-Nov-94 08:49:37 GMT  RFC 850, with a year of two digits
Sun Nov  6 08:49:37 1994        asctime()
"""

import re
from datetime import datetime, timedelta, timezone

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_ZONE = r"(?: (?:GMT|UTC?|Z|(?P<sign>[+-])(?P<zone_hours>\d\d):?(?P<zone_minutes>\d\d)))?"
_FORMS = (  # compiled with the first date: most functions read none
    (
        rf"(?:[a-z]+, ?)?(?P<day>\d\d?)[ -](?P<month>[a-z]{{3}})[ -](?P<year>\d{{4}}|\d\d) "
        rf"{_TIME}{_ZONE}"
    ),
    rf"[a-z]+ (?P<month>[a-z]{{3}}) (?P<day>\d\d?) {_TIME} (?P<year>\d{{4}})",
)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_REACH = 50  # years: a two-digit year is no further in the future (RFC 9110, section 5.6.7)


def read_date(text: str, now: float) -> float | None:
    """Return a date in epoch seconds, or None where the text is not a date.

    Zones other than GMT, a missing zone (GMT) and a missing weekday are accepted. A weekday is not
    compared with the date.

    Args:
        text: A header's value.
        now: Epoch seconds.
    """
    text = " ".join(text.split())
    matches = (re.fullmatch(form, text, re.ASCII | re.IGNORECASE) for form in _FORMS)
    found = next(filter(None, matches), None)
    if found is None:
        return None
    parts = found.groupdict()
    try:
        month = _MONTHS.index(parts["month"].lower()) + 1
        names = ("day", "hour", "minute", "second")
        day, hour, minute, second = (int(parts[name]) for name in names)
        year = int(parts["year"])
        if len(parts["year"]) == 2:
            year = _whole_year(year, (month, day, hour, minute, second), now)
        leap = second == 60  # which datetime does not have
        moment = datetime(year, month, day, hour, minute, second - leap, tzinfo=timezone.utc)
    except ValueError:
        return None
    return (moment - _EPOCH).total_seconds() + leap - _offset(parts)


def _whole_year(digits: int, rest: tuple[int, ...], now: float) -> int:
    """Return the latest year with these two digits that is at most 50 years ahead."""
    last_year, *last = (_EPOCH + timedelta(seconds=now)).timetuple()[:6]
    year = last_year + _REACH - (last_year + _REACH - digits) % 100
    return year - 100 if (year, rest) > (last_year + _REACH, tuple(last)) else year


def _offset(parts: dict[str, str | None]) -> int:
    """Return the seconds by which a zone is ahead of GMT."""
    if parts.get("sign") is None:
        return 0
    seconds = int(parts["zone_hours"] or 0) * 3600 + int(parts["zone_minutes"] or 0) * 60
    return -seconds if parts["sign"] == "-" else seconds
