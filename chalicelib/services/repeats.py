"""A form that is sent twice creates one thing: the same transaction claims the form's key."""

import time
from collections.abc import Callable
from typing import TypeVar

from chalicelib.adapters.dynamodb.store import ConditionFailed, Conflict, transaction
from chalicelib.adapters.dynamodb.tables import Claim
from chalicelib.domain.errors import Refused, StoreUnavailable
from chalicelib.services import optimistic_locking

Made = TypeVar("Made")

LIFETIME = 86400
"""Seconds for which a form's key is remembered."""


def claim_of(form_key: str | None, owner: int) -> Claim | None:
    """Return the claim to write with the `owner` that a form creates; None: the form has no key."""
    if form_key is None:
        return None
    return Claim(id=_claim_id(form_key), owner=owner, expires_at=int(time.time()) + LIFETIME)


def once(form_key: str | None, make: Callable[[], Made], find: Callable[[int], Made]) -> Made:
    """Create something, or return the thing that the same form has created before.

    Args:
        form_key: The key that all copies of a form share; None: repeats are not detected.
        make: Creates it, and writes `claim_of(form_key, id)` with it.
        find: Returns it by its id.

    Raises:
        StoreUnavailable: The same form is being sent too often at this moment; or as `make` does.
    """
    for _ in optimistic_locking.conflict_retries():
        try:
            return make()
        except Conflict:
            if form_key is None:
                raise
        except (Refused, ConditionFailed):  # for example, the first copy has taken the name
            first = None if form_key is None else Claim.owner_of(_claim_id(form_key), time.time())
            if first is None:
                raise
            return find(first)
    raise StoreUnavailable("too many concurrent writes")


def is_first(form_key: str | None) -> bool:
    """Tell whether a form is sent for the first time, and claim its key; one without a key is.

    It is for actions that cannot write the claim with their own rows.
    """
    claim = claim_of(form_key, 0)
    if claim is None:
        return True
    try:
        with transaction() as writes:
            claim.take(writes, time.time())
    except (ConditionFailed, Conflict):
        return False
    return True


def refuse_claimed(claim: Claim | None) -> None:
    """Retry a write that met a conflict, unless the form has been sent before.

    Raises:
        ConditionFailed: It has.
    """
    if claim is not None and Claim.owner_of(str(claim.id), time.time()) is not None:
        raise ConditionFailed("the same form was sent before")


def _claim_id(form_key: str) -> str:
    return f"form:{form_key}"
