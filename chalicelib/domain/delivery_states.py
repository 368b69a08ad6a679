"""The state machine of a delivery: the states, and the transitions from one to another.

A delivery is pending until an endpoint has answered 2xx (delivered), it is given up (failed) or a
later change of its task covers it (superseded). From any state it may be sent again. `TRANSITIONS`
is the whole table; a transition that it does not have is refused. Each function returns the next
state and stores nothing.
"""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from chalicelib.domain.errors import Refused

UNTRIED = "waits for its first attempt"
"""The outcome of a delivery that no attempt was made of."""


class Status(str, Enum):
    """The states of a delivery."""

    PENDING = "pending"  # the next attempt is due at due_at
    DELIVERED = "delivered"  # the endpoint answered 2xx in time
    FAILED = "failed"  # given up: after the last retry, or because the endpoint asked for it
    SUPERSEDED = "superseded"  # coalesced: a later change of the task, sent or pending, covers it


def read_status(text: str | None) -> str | None:
    """Return the status of a delivery that is asked for, None for any. Raises Refused."""
    if not text:
        return None
    if text not in (known := [status.value for status in Status]):
        raise Refused({"status": "takes one of " + ", ".join(known)})
    return text


class Transition(str, Enum):
    """What can happen to a delivery."""

    CLAIM = "claim"  # a worker takes a lease on it for one attempt
    DEFER = "defer"  # it is due at another time, for an earlier one of its ordering key goes first
    POSTPONE = "postpone"  # it is due later: an attempt has failed, or is made by the queue
    ABSORB = "absorb"  # it is claimed with a body that covers earlier changes
    DELIVER = "deliver"
    GIVE_UP = "give up"
    SUPERSEDE = "supersede"  # a later change has absorbed it
    SEND_AGAIN = "send again"  # a person, or a replay, asks for it


TRANSITIONS: Mapping[Transition, Mapping[Status, Status]] = {
    Transition.CLAIM: {Status.PENDING: Status.PENDING},
    Transition.DEFER: {Status.PENDING: Status.PENDING},
    Transition.POSTPONE: {Status.PENDING: Status.PENDING},
    Transition.ABSORB: {Status.PENDING: Status.PENDING},
    Transition.DELIVER: {Status.PENDING: Status.DELIVERED},
    Transition.GIVE_UP: {Status.PENDING: Status.FAILED},
    Transition.SUPERSEDE: {Status.PENDING: Status.SUPERSEDED},
    Transition.SEND_AGAIN: dict.fromkeys(Status, Status.PENDING),
}
"""To which state a transition leads, from each state that it may begin in."""


class DeliveryState(NamedTuple):
    """Where a delivery is; times are epoch seconds."""

    status: Status
    due_at: float | None  # of the next attempt, or the end of a lease; None: no attempt is due
    give_up_at: float  # when it is given up though no attempt could be made
    expires_at: int  # when the row may be removed
    outcome: str = UNTRIED  # in a few words
    tries: int = 0  # attempts so far
    tries_before: int = 0  # those of them that count against no retry

    @property
    def failures(self) -> int:
        """Failed attempts since the delivery was first sent, or last sent again."""
        return self.tries - self.tries_before


class TransitionRefused(Exception):
    """A delivery in this state cannot do that."""


def attempted(state: DeliveryState, outcome: str) -> DeliveryState:
    """Return a delivery with one more attempt; a transition says what follows from it."""
    return state._replace(tries=state.tries + 1, outcome=outcome)


def claim(state: DeliveryState, until: float) -> DeliveryState:
    """Return a pending delivery with a lease: no other worker begins before it ends."""
    return _after(Transition.CLAIM, state, due_at=round(until, 3))


def defer(state: DeliveryState, due_at: float) -> DeliveryState:
    """Return a pending delivery that is due at another time, because of an earlier one."""
    return _after(Transition.DEFER, state, due_at=round(due_at, 3))


def postpone(state: DeliveryState, due_at: float, retention: int) -> DeliveryState:
    """Return a pending delivery whose next attempt is due at a time.

    Args:
        state: Where it is.
        due_at: Epoch seconds.
        retention: Seconds for which the row outlives its last attempt.
    """
    expires_at = max(state.expires_at, int(max(due_at, state.give_up_at)) + retention)
    return _after(Transition.POSTPONE, state, due_at=round(due_at, 3), expires_at=expires_at)


def absorb(state: DeliveryState, failures: int, until: float) -> DeliveryState:
    """Return a claimed delivery that covers earlier ones.

    Half of the failures of the first one count: a task that changes often is not retried at the
    pace of a new one for good, and its newest change keeps most of its retries.

    Args:
        state: Where it is.
        failures: How many attempts at the first one have failed.
        until: The end of the lease, in epoch seconds.
    """
    tries_before = min(state.tries_before, state.tries - failures // 2)
    return _after(Transition.ABSORB, state, due_at=round(until, 3), tries_before=tries_before)


def deliver(state: DeliveryState) -> DeliveryState:
    """Return a delivery that has arrived."""
    return _after(Transition.DELIVER, state, due_at=None)


def give_up(state: DeliveryState, reason: str | None = None) -> DeliveryState:
    """Return a delivery that is not tried again; without a reason its last outcome stays."""
    return _after(Transition.GIVE_UP, state, due_at=None, outcome=reason or state.outcome)


def supersede(state: DeliveryState, by: str) -> DeliveryState:
    """Return a delivery that the one with the id `by` covers."""
    return _after(Transition.SUPERSEDE, state, due_at=None, outcome=f"superseded by {by}")


def send_again(
    state: DeliveryState, now: float, give_up_at: float, expires_at: int, outcome: str
) -> DeliveryState:
    """Return a delivery that is due now and has all its retries before it."""
    return _after(
        Transition.SEND_AGAIN,
        state,
        due_at=round(now, 3),
        tries_before=state.tries,
        give_up_at=give_up_at,
        expires_at=expires_at,
        outcome=outcome,
    )


def _after(transition: Transition, state: DeliveryState, **changes: object) -> DeliveryState:
    status = TRANSITIONS[transition].get(state.status)
    if status is None:
        raise TransitionRefused(f"{transition.value}: it is {state.status.value}")
    return state._replace(status=status, **changes)  # type: ignore[arg-type]  # mypy sees no fields in a **dict
