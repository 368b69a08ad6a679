"""The effective settings of an endpoint: its own, or the defaults."""

import time
from collections.abc import Sequence

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.config import CONFIG
from chalicelib.domain import formats, pace, targets

QUEUED_ABOVE = 1.0
"""Seconds: an endpoint that may take longer is called from the queue alone, so that no other waits
for it."""

PATIENT_AT_ONCE = 8
"""The most concurrent attempts at such an endpoint in a process."""


def format_of(endpoint: Endpoint) -> str:
    """Return the format of an endpoint's bodies."""
    return endpoint.format or formats.DEFAULT_FORMAT


def has_secret_url(endpoint: Endpoint) -> bool:
    """Tell whether an endpoint's URL is itself the right to send, as a chat's is.

    It may be, where the row names a format that there is not: a chat's may be misspelt.
    """
    known = formats.FORMATS.get(format_of(endpoint))
    return known is None or known.has_secret_url


def shown_url(endpoint: Endpoint) -> str:
    """Return an endpoint's URL as lists and records show it; a secret one by its beginning."""
    url = str(endpoint.url or "")
    return targets.masked(url) if has_secret_url(endpoint) else url


def display_name(endpoint: Endpoint) -> str:
    """Return what lists show for an endpoint: its name, else its URL, else its id."""
    return str(endpoint.name or shown_url(endpoint) or endpoint.id)


def first_timeout(endpoint: Endpoint) -> float:
    """Return the deadline of a first attempt, or a test, in seconds."""
    return _own_timeout(endpoint) or CONFIG.delivery_timeout


def retry_timeout(endpoint: Endpoint) -> float:
    """Return the deadline of a retry, in seconds."""
    return max(_own_timeout(endpoint), CONFIG.retry_timeout)


def _own_timeout(endpoint: Endpoint) -> float:
    known = formats.FORMATS.get(format_of(endpoint))
    of_format = known.timeout if known else None
    return float(endpoint.timeout or of_format or 0)


def is_patient(endpoint: Endpoint) -> bool:
    """Return whether an endpoint is so slow that all its attempts come from the queue."""
    return _own_timeout(endpoint) > QUEUED_ABOVE


def is_inline(endpoint: Endpoint) -> bool:
    """Tell whether dispatch may call an endpoint itself, while other deliveries wait."""
    is_queued = is_patient(endpoint) or per_second(endpoint)
    return endpoint.breaker.is_inline and not is_queued


def per_second(endpoint: Endpoint) -> float:
    """Return the most attempts a second at an endpoint; 0: any number."""
    known = formats.FORMATS.get(format_of(endpoint))
    of_format = known.per_second if known else None
    return float(endpoint.per_second or of_format or 0)


def at_once(endpoint: Endpoint, limit: int) -> int:
    """Return the most concurrent attempts at an endpoint; `limit` is the usual number."""
    return min(limit, PATIENT_AT_ONCE) if is_patient(endpoint) else limit


def retry_delays(endpoint: Endpoint) -> Sequence[float]:
    """Return the seconds after each failed attempt; an empty list means one attempt."""
    return CONFIG.retry_delays if endpoint.retry_delays is None else endpoint.retry_delays


def pauses(endpoint: Endpoint) -> Sequence[float]:
    """Return the delays by which the circuit breaker of an endpoint pauses; at least one."""
    return retry_delays(endpoint) or CONFIG.retry_delays


def paced_until(endpoint: Endpoint) -> float:
    """Return up to when slots of an endpoint's pace are taken, in epoch seconds; 0: none are."""
    rate = per_second(endpoint)
    return pace.believable(endpoint.paced_until, rate, time.time()) if rate else 0.0
