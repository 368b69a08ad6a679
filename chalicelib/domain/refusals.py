"""Requests that were refused: what is kept of one, and how many of them are."""

import threading
from collections.abc import Collection, Mapping
from typing import NamedTuple

from chalicelib.domain.redaction import redact_whole
from chalicelib.domain.verification import hides

KEPT = 200
"""The refused requests that are kept; the next one takes the place of the oldest."""

MOST_PARAMETERS = 20
LONGEST_NAME, LONGEST_VALUE = 60, 80
"""Characters of a parameter that are kept."""

LONGEST_TEXT = 200
"""Characters of a path, a reason and a User-Agent that are kept."""


class Refusal(NamedTuple):
    """A refused request, without tokens and secrets."""

    received_at: float  # epoch seconds
    status: int  # HTTP's
    reason: str
    address: str  # of the sender, as the gateway saw it
    method: str
    path: str
    parameters: Mapping[str, str]
    user_agent: str
    left_out: int = 0
    """Refused requests before this one that were counted and not kept."""


class Allowance:
    """How many refused requests a process keeps: so many at once, then one in a while."""

    def __init__(self, at_once: int, every: float) -> None:
        """Begin with all of it.

        Args:
            at_once: Requests that may be kept at once.
            every: Seconds after which one more may be kept.
        """
        self._most, self._every = at_once, every
        self._lock = threading.Lock()
        self.refill()

    def refill(self) -> None:
        """Begin with all of it again."""
        with self._lock:
            self._left, self._counted_at, self._left_out = float(self._most), 0.0, 0

    def take(self, now: float) -> int | None:
        """Return the number left out since the last one that was kept; None: leave this one out.

        Args:
            now: Seconds of a clock that never goes back.
        """
        with self._lock:
            grown = self._left + (now - self._counted_at) / self._every
            self._left, self._counted_at = min(grown, self._most), now
            if self._left < 1:
                self._left_out += 1
                return None
            self._left -= 1
            before, self._left_out = self._left_out, 0
            return before


def shown_parameters(given: Mapping[str, str], secrets: Collection[str]) -> dict[str, str]:
    """Return parameters as they are kept: by all their names, without credentials, cut."""
    names = list(given)[:MOST_PARAMETERS]
    return {cut(name, LONGEST_NAME, secrets): _value(name, given[name], secrets) for name in names}


def _value(name: str, value: str, secrets: Collection[str]) -> str:
    if hides(name.lower()):
        return "[hidden]" if value else ""
    return cut(value, LONGEST_VALUE, secrets)


def cut(text: str, longest: int, secrets: Collection[str]) -> str:
    """Return a text without secrets, of so many characters at most."""
    # A secret is replaced before the cut: the rest of one that is cut would be no secret's text.
    shown = redact_whole(text[: longest + _LONGEST_SECRET], secrets)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


_LONGEST_SECRET = 4000
"""Characters beyond the cut that are searched; texts of requests may have megabytes."""
