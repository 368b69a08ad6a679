"""Which answers count as success, and when the next attempt is due."""

import math
import re
from collections.abc import Mapping, Sequence
from enum import Enum

from chalicelib.domain.http_dates import read_date

LONGEST_RETRY_AFTER = 86400.0
"""The longest delay, in seconds, that a receiver may ask for."""

SHORTEST_LIFE = 86400.0
"""Seconds that a delivery may wait for a suspended endpoint, even if the delays are short."""

# A date has a comma after its weekday.
_FIRST_WAIT = re.compile(r"[\s,]*((?:[A-Za-z]+,)?[^,]*)")


class Verdict(str, Enum):
    """The meaning of one answer for its delivery and its endpoint."""

    SUCCESS = "success"
    RETRY = "retry"
    GIVE_UP = "give up"  # the endpoint asks to drop this delivery
    DISABLE = "disable"  # the endpoint asks for no more deliveries


def judge(status: int, headers: Mapping[str, str]) -> Verdict:
    """Return the verdict on an answer.

    410 Gone is Standard Webhooks' way to unsubscribe; `webhook-delivery` comes from its proposal
    291.

    Args:
        status: The final status code.
        headers: The answer's headers, names in lower case.
    """
    wish = headers.get("webhook-delivery", "").strip().lower()
    if status == 410 or wish == "disable":
        return Verdict.DISABLE
    if 200 <= status <= 299:
        return Verdict.SUCCESS
    return Verdict.GIVE_UP if wish == "abort-message" else Verdict.RETRY


def give_up_at(begun_at: float, delays: Sequence[float], jitter: float) -> float:
    """Return when to give up a delivery never tried because its endpoint stayed suspended."""
    return begun_at + max(sum(delays) * (1 + jitter), SHORTEST_LIFE)


def next_due(
    failures: int, now: float, delays: Sequence[float], stretch: float, retry_after: float = 0
) -> float | None:
    """Return when the next attempt is due, in epoch seconds, or None to give up.

    Args:
        failures: The number of failed attempts, at least 1.
        now: Epoch seconds.
        delays: Seconds from each failed attempt to the next.
        stretch: The jitter drawn for this delay, 0 to 1 times the delay.
        retry_after: Seconds that the receiver asked for.
    """
    if failures > len(delays):
        return None
    return now + max(delays[failures - 1] * (1 + stretch), min(retry_after, LONGEST_RETRY_AFTER))


def wait_asked(header: str, now: float) -> float:
    """Return the seconds of a `Retry-After` header, 0 to 24 h; 0 where it is unusable.

    RFC 9110 section 10.2.3 allows whole seconds or an HTTP date; fractions occur in practice and
    are read too. Where a proxy has joined several headers into a list, the first one counts.
    """
    if not header:  # as with most answers
        return 0
    first = _FIRST_WAIT.match(header)
    text = first[1] if first else ""
    try:
        wait = float(text)
    except ValueError:
        date = read_date(text, now)
        wait = 0 if date is None else date - now
    return 0 if math.isnan(wait) else min(max(wait, 0), LONGEST_RETRY_AFTER)
