"""Counts wrong passwords by username and origin, whether or not there is such a user."""

import hashlib
import hmac
import time
from contextlib import suppress
from typing import Any, NamedTuple

from chalicelib.adapters.dynamodb.store import ConditionFailed
from chalicelib.adapters.dynamodb.tables import Tries
from chalicelib.domain.accounts import (
    FREE_TRIES,
    FREE_TRIES_IN_ALL,
    LONGEST_USERNAME,
    LONGEST_WAIT,
    network_of,
    wait_after,
)
from chalicelib.domain.errors import NotAuthorized
from chalicelib.domain.values import nfc
from chalicelib.services import optimistic_locking
from chalicelib.services.accounts import settings

IN_ALL = "all"


class Origin(NamedTuple):
    """The origin of a password."""

    address: str  # an IP address
    device: str = ""  # the id of the browser, if it has signed in before
    user_ids: frozenset[int] = frozenset()  # the users who have signed in with it


class Counts(NamedTuple):
    """The counts that a try belongs to: the row, and by count the tries that cost no wait."""

    row_id: str
    limits: dict[str, int]


def counts_of(username: str, origin: Origin, *, is_known: bool) -> Counts:
    """Return a try's row and counts: 4,096 rows for all names, each with 256 for all addresses.

    So the counts are bounded, whatever a stranger sends. The digests are keyed, so that nobody can
    aim at another user's count. Unknown names are counted too, so that no wait reveals them.

    A browser `is_known` if that user has signed in with it before: no stranger shares its count.
    """
    username = _spelled(username)
    row_id = f"tries:{_digest(username)[:3]}"
    if is_known:
        return Counts(row_id, {f"device_{_digest(username, origin.device)[:2]}": FREE_TRIES})
    place = f"address_{_digest(username, network_of(origin.address))[:2]}"
    return Counts(row_id, {place: FREE_TRIES, IN_ALL: FREE_TRIES_IN_ALL})


def _spelled(username: str) -> str:
    return nfc(username) if len(username) <= LONGEST_USERNAME else username


def _digest(*parts: str) -> str:
    text = "\0".join(("tries", *parts)).encode(errors="replace")
    return hmac.digest(settings.session_key().encode(), text, hashlib.sha256).hex()


def count(counts: Counts) -> None:
    """Count a try before its password is checked; the first ten cost one write and no read.

    Raises:
        NotAuthorized: The try comes too early, and is not counted.
    """
    seen: dict[str, Any] = {}
    for _ in optimistic_locking.conflict_retries():
        now = time.time()
        with suppress(ConditionFailed):
            Tries.note(counts.row_id, counts.limits, seen, now)
            return
        seen = Tries.seen(counts.row_id)
        if wait := _wait(counts, seen, now):
            raise NotAuthorized("Too many wrong passwords were tried on this account", wait=wait)
    raise NotAuthorized("Too many passwords are being tried on this account", wait=1)


def _wait(counts: Counts, seen: dict[str, Any], now: float) -> float:
    return max(
        wait_after(seen.get(name, 0), _since(seen.get(f"{name}_at", 0), now), free_tries)
        for name, free_tries in counts.limits.items()
    )


def _since(last_at: float, now: float) -> float:
    """Return the seconds since a try; a time in the future was edited by hand and is ignored."""
    return now - last_at if last_at <= now + LONGEST_WAIT else now


def take_back(counts: Counts) -> None:
    """Undo the count of a try whose password was not checked."""
    Tries.take_back(counts.row_id, counts.limits)


def forget(counts: Counts) -> None:
    """Reset the counts of a try with a correct password."""
    Tries.forget(counts.row_id, counts.limits)


# Wrong passwords in a row in this process, by username and network.
_guesses = bytearray(65_536)


def is_guessing(username: str, origin: Origin) -> bool:
    """Tell whether an origin has so many wrong passwords that even a remembered one is counted.

    Remembered passwords are compared first, without the store. Without this limit, no wait would
    stop guesses at the password of a user who has signed in.
    """
    return _guesses[_place(username, origin)] >= FREE_TRIES_IN_ALL


def note_guess(username: str, origin: Origin, *, is_right: bool) -> None:
    """Note a wrong or early password, or a correct one."""
    place = _place(username, origin)
    _guesses[place] = 0 if is_right else min(_guesses[place] + 1, FREE_TRIES_IN_ALL)


def _place(username: str, origin: Origin) -> int:
    return hash((_spelled(username), network_of(origin.address))) % len(_guesses)
