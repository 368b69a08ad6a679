"""The state machine of a delivery: the states, and the transitions between them.

A delivery is pending until an endpoint has answered 2xx (delivered), it is given up (failed) or a
later change of its task covers it (superseded). It may be sent again from any state. `TRANSITIONS`
is the whole table; any other transition is refused. Each function returns the next state and
stores nothing.
"""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from chalicelib.domain.errors import Refused

UNTRIED = "waits for its first attempt"
"""The outcome of a delivery before its first attempt."""


class Status(str, Enum):
    """The states of a delivery."""

    PENDING = "pending"  # the next attempt is due at due_at
    DELIVERED = "delivered"  # the endpoint answered 2xx in time
    FAILED = "failed"  # given up: after the last retry, or because the endpoint asked for it
    SUPERSEDED = "superseded"  # coalesced: a later change of the task, sent or pending, covers it


def read_status(text: str | None) -> str | None:
    """Return the status that a filter asks for, None for any. Raises Refused."""
    if not text:
        return None
    if text not in (known := [status.value for status in Status]):
        raise Refused({"status": "takes one of " + ", ".join(known)})
    return text


class Transition(str, Enum):
    """The transitions of a delivery."""

    CLAIM = "claim"  # a worker takes a lease on it for one attempt
    DEFER = "defer"  # an earlier delivery of its ordering key goes first: it is due later
    POSTPONE = "postpone"  # an attempt has failed, or the queue makes it: it is due later
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
"""For each transition: the states that it may start from, and the state that each leads to."""


class DeliveryState(NamedTuple):
    """The state of a delivery; times are epoch seconds."""

    status: Status
    due_at: float | None  # of the next attempt, or the end of a lease; None: no attempt is due
    give_up_at: float  # when it is given up even if no attempt could be made
    expires_at: int  # when the row may be removed
    outcome: str = UNTRIED  # in a few words
    tries: int = 0  # attempts so far
    tries_before: int = 0  # those of them that use up no retry

    @property
    def failures(self) -> int:
        """Failed attempts since the delivery was first sent, or last sent again."""
        return self.tries - self.tries_before


class TransitionRefused(Exception):
    """The state of a delivery does not allow a transition."""


def attempted(state: DeliveryState, outcome: str) -> DeliveryState:
    """Return a delivery with one more attempt; a transition decides its next state."""
    return state._replace(tries=state.tries + 1, outcome=outcome)


def claim(state: DeliveryState, until: float) -> DeliveryState:
    """Return a pending delivery with a lease: no other worker starts before the lease ends."""
    return _after(Transition.CLAIM, state, due_at=round(until, 3))


def defer(state: DeliveryState, due_at: float) -> DeliveryState:
    """Return a pending delivery that is due at another time, because of an earlier one."""
    return _after(Transition.DEFER, state, due_at=round(due_at, 3))


def postpone(state: DeliveryState, due_at: float, retention: int) -> DeliveryState:
    """Return a pending delivery whose next attempt is due at `due_at`.

    Args:
        state: The state before.
        due_at: Epoch seconds.
        retention: Seconds that the row is kept after its last attempt.
    """
    expires_at = max(state.expires_at, int(max(due_at, state.give_up_at)) + retention)
    return _after(Transition.POSTPONE, state, due_at=round(due_at, 3), expires_at=expires_at)


def absorb(state: DeliveryState, failures: int, until: float) -> DeliveryState:
    """Return a claimed delivery that covers earlier ones.

    Half of the first one's failures count. So a task that changes often is not always retried at
    a new delivery's pace, and its newest change keeps most of its retries.

    Args:
        state: The state before.
        failures: The number of failed attempts at the first one.
        until: The end of the lease, in epoch seconds.
    """
    tries_before = min(state.tries_before, state.tries - failures // 2)
    return _after(Transition.ABSORB, state, due_at=round(until, 3), tries_before=tries_before)


def deliver(state: DeliveryState) -> DeliveryState:
    """Return a delivery that has arrived."""
    return _after(Transition.DELIVER, state, due_at=None)


def give_up(state: DeliveryState, reason: str | None = None) -> DeliveryState:
    """Return a delivery that gets no more attempts; without a reason its last outcome stays."""
    return _after(Transition.GIVE_UP, state, due_at=None, outcome=reason or state.outcome)


def supersede(state: DeliveryState, by: str) -> DeliveryState:
    """Return a delivery that the one with the id `by` covers."""
    return _after(Transition.SUPERSEDE, state, due_at=None, outcome=f"superseded by {by}")


def send_again(
    state: DeliveryState, now: float, give_up_at: float, expires_at: int, outcome: str
) -> DeliveryState:
    """Return a delivery that is due now and has all its retries left."""
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
