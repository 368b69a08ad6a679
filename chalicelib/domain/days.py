"""Days named by their distance from now: `tomorrow`, `+2 weeks`, `11 days ago`.

Kanboard's queries take PHP's relative formats (php.net, "Relative Formats"); these are the ones
that name a day.
"""

import calendar
import re
from datetime import datetime, timedelta, timezone

from chalicelib.domain.moments import DAY

_MONTHS = {"month": 1, "year": 12}
_SECONDS = {
    "sec": 1,
    "second": 1,
    "min": 60,
    "minute": 60,
    "hour": 3600,
    "day": DAY,
    "week": 7 * DAY,
}
_SECONDS |= {"fortnight": 14 * DAY}
_UNIT = rf"(?P<unit>{'|'.join((*_SECONDS, *_MONTHS))})s?\b"

_STEP = re.compile(
    rf"(?:(?P<which>next|last|previous|this) |(?P<sign>[+-]?) ?(?P<count>[0-9]{{1,5}}) ?){_UNIT} ?"
)
_WEEKDAY = re.compile(r"(?:(?P<which>next|last|previous|this) )?(?P<name>[a-z]+)")

_NAMED = {"now": 0, "today": 0, "midnight": 0, "yesterday": -1, "tomorrow": 1}
_WHICH = {"next": 1, "last": -1, "previous": -1, "this": 0}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def day_of(text: str, now: float) -> int | None:
    """Return when the named UTC day begins, in epoch seconds; None: the text names no day.

    Raises:
        ValueError, OverflowError: The calendar does not have that day.
    """
    name = " ".join(text.lower().split())
    moment = datetime.fromtimestamp(now, timezone.utc)
    away = _NAMED.get(name, _weekday(name, moment.weekday()))
    named = _shifted(name, moment) if away is None else moment + timedelta(days=away)
    if named is None:
        return None
    return int(named.replace(hour=0, minute=0, second=0, microsecond=0).timestamp())


def _weekday(name: str, today: int) -> int | None:
    """Return the days from today to a weekday: the coming, the next or the last one."""
    found = _WEEKDAY.fullmatch(name)
    days = [
        day for day, full in enumerate(_WEEKDAYS) if found and found["name"] in {full, full[:3]}
    ]
    if not found or not days:
        return None
    ahead = (days[0] - today) % 7
    match _WHICH.get(found["which"] or "this"):
        case 1:
            return ahead or 7
        case -1:
            return ahead - 7
        case _:
            return ahead


def _shifted(name: str, moment: datetime) -> datetime | None:
    """Return a moment some units later, or earlier with `ago`; None: the text names no units."""
    steps, ago = name.removesuffix(" ago"), name.endswith(" ago")
    parts, end = [], 0
    while found := _STEP.match(steps, end):
        parts.append(found)
        end = found.end()
    if not parts or end < len(steps):
        return None
    for part in parts:
        count = _WHICH[part["which"]] if part["which"] else int(part["sign"] + part["count"])
        moment = _later(moment, -count if ago else count, part["unit"])
    return moment


def _later(moment: datetime, count: int, unit: str) -> datetime:
    """Return a moment `count` units later; the 31st becomes the last day of a shorter month."""
    if unit not in _MONTHS:
        return moment + timedelta(seconds=count * _SECONDS[unit])
    year, month = divmod(moment.year * 12 + moment.month - 1 + count * _MONTHS[unit], 12)
    _, last = calendar.monthrange(year, month + 1)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))
