"""Endpoints, deliveries and times in words, and as numbers to draw."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import unquote, urlsplit

from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.domain.delivery_states import Status
from chalicelib.domain.moments import LATEST
from chalicelib.services.deliveries.delivery_details import body_of
from chalicelib.services.deliveries.summaries import summary_of
from chalicelib.services.endpoints.effective import shown_url
from chalicelib.web.pages import times


def decoded(part: str) -> str:
    """Decode a path segment: API Gateway passes it on as the caller encoded it."""
    return unquote(part)


def local_time(seconds: float) -> str:
    """Return a UTC time in the format of a `datetime-local` input."""
    moment = datetime.fromtimestamp(min(max(seconds, 0), LATEST), timezone.utc)
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds").removesuffix(".000")


def moment(seconds: float) -> str:
    """Return a time for people, in UTC."""
    return datetime.fromtimestamp(min(max(seconds, 0), LATEST), timezone.utc).strftime(
        "%Y-%m-%d %H:%M:%S"
    )


def day(seconds: float) -> str:
    """Return a date for people, with the year unless it is the current one."""
    when, today = (
        datetime.fromtimestamp(min(max(at, 0), LATEST), timezone.utc)
        for at in (seconds, time.time())
    )
    return f"{when.day} {when:%b}" + (f" {when.year}" if when.year != today.year else "")


def late(seconds: float) -> str:
    """Return by how long a date was missed."""
    days = int(seconds // 86400)
    return "late" if not days else f"{days} day{'s' if days > 1 else ''} late"


def span(seconds: float) -> str:
    """Return how long something lasts, in one unit."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


_UNITS = (("day", 86400), ("h", 3600), ("min", 60))


def duration(seconds: float) -> str:
    """Return a time exactly, in the largest unit that divides it: 1.0 is "1 s", 432000 "5 days"."""
    for unit, length in _UNITS:
        if seconds >= length and seconds % length == 0:
            count = round(seconds / length)
            return f"{count} {unit}" + ("s" if unit == "day" and count > 1 else "")
    return f"{seconds:g} s"


def roughly(seconds: float) -> str:
    """Return a time rounded in the largest unit of which it has two: 272555 is "3 days"."""
    for _, length in _UNITS:
        if seconds >= 2 * length:
            return duration(round(seconds / length) * length)
    return duration(seconds)


def host(url: str) -> str:
    """Return the host and the path of a URL."""
    try:
        parts = urlsplit(url)
    except ValueError:  # in a row edited by hand
        return url
    return (parts.netloc.rpartition("@")[2] or url) + (
        "" if parts.path in ("", "/") else parts.path
    )


def short_name(endpoint: Endpoint) -> str:
    """Return an endpoint's name, else the host and the path of its URL."""
    return str(endpoint.name or host(shown_url(endpoint)))


def short_names(endpoints: Iterable[Endpoint]) -> dict[str, str]:
    """Return the short name of each endpoint by its id."""
    return disambiguate({str(endpoint.id): short_name(endpoint) for endpoint in endpoints})


def disambiguate(names: Mapping[str, str]) -> dict[str, str]:
    """Return names by id; a repeated name is followed by its id."""
    counts = Counter(names.values())
    return {key: name if counts[name] == 1 else f"{name} ({key})" for key, name in names.items()}


def reason(row: Delivery) -> str:
    """Return the result of the last attempt in words."""
    return f"answered {row.outcome}" if str(row.outcome)[:3].isdecimal() else str(row.outcome)


def listed(row: Delivery) -> dict[str, Any]:
    """Return a delivery as a list shows it."""
    shown = summary_of(row)
    return {
        **shown._asdict(),
        "created_at": times.stamp(shown.created_at),
        "took": "" if shown.took_ms is None else f"{shown.took_ms:,} ms",
        "why": reason(row) if shown.status != Status.DELIVERED.value or shown.is_broken else "",
    }


def delivery(row: Delivery) -> dict[str, Any]:
    """Return a delivery as its page shows it, beside its attempts."""
    body = body_of(row)
    return {
        "id": row.id,
        "event_type": row.event_type,
        "event_id": row.event_id,
        "endpoint_id": row.endpoint_id,
        "task_id": row.task_id,
        "created_at": times.stamp(row.created_at),
        "body": body if isinstance(body, str) else json.dumps(body, indent=2, ensure_ascii=False),
    }
