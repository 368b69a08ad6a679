"""Every state of a delivery, every transition, and the whole state that follows."""

from typing import Any

import pytest

from chalicelib.domain import delivery_states
from chalicelib.domain.delivery_states import (
    TRANSITIONS,
    DeliveryState,
    Status,
    Transition,
    TransitionRefused,
)

NOW = 1_700_000_000.0
RETENTION = 1000


def before(status: Status) -> DeliveryState:
    """Return a delivery in a state, with four attempts, one of them before it was sent again."""
    due_at = NOW if status is Status.PENDING else None
    return DeliveryState(status, due_at, NOW + 500, 1_700_001_500, "503", tries=4, tries_before=1)


APPLIED: dict[Transition, Any] = {
    Transition.CLAIM: lambda state: delivery_states.claim(state, NOW + 15.00049),
    Transition.DEFER: lambda state: delivery_states.defer(state, NOW + 30.00049),
    Transition.POSTPONE: lambda state: delivery_states.postpone(state, NOW + 900, RETENTION),
    Transition.ABSORB: lambda state: delivery_states.absorb(state, failures=7, until=NOW + 15),
    Transition.DELIVER: delivery_states.deliver,
    Transition.GIVE_UP: lambda state: delivery_states.give_up(state, "given up: no time is left"),
    Transition.SUPERSEDE: lambda state: delivery_states.supersede(state, "ci.1.9"),
    Transition.SEND_AGAIN: lambda state: delivery_states.send_again(
        state, NOW + 7, NOW + 800, 1_700_009_000, "is to be sent again"
    ),
}

PENDING, GIVE_UP_AT, EXPIRES_AT = Status.PENDING, NOW + 500, 1_700_001_500
SENT_AGAIN = DeliveryState(
    PENDING, NOW + 7, NOW + 800, 1_700_009_000, "is to be sent again", 4, tries_before=4
)
AFTER = {
    (PENDING, Transition.CLAIM): DeliveryState(
        PENDING, NOW + 15, GIVE_UP_AT, EXPIRES_AT, "503", 4, 1
    ),
    (PENDING, Transition.DEFER): DeliveryState(
        PENDING, NOW + 30, GIVE_UP_AT, EXPIRES_AT, "503", 4, 1
    ),
    (PENDING, Transition.POSTPONE): DeliveryState(
        PENDING, NOW + 900, GIVE_UP_AT, 1_700_001_900, "503", 4, 1
    ),
    (PENDING, Transition.ABSORB): DeliveryState(
        PENDING, NOW + 15, GIVE_UP_AT, EXPIRES_AT, "503", 4, 1
    ),
    (PENDING, Transition.DELIVER): DeliveryState(
        Status.DELIVERED, None, GIVE_UP_AT, EXPIRES_AT, "503", 4, 1
    ),
    (PENDING, Transition.GIVE_UP): DeliveryState(
        Status.FAILED, None, GIVE_UP_AT, EXPIRES_AT, "given up: no time is left", 4, 1
    ),
    (PENDING, Transition.SUPERSEDE): DeliveryState(
        Status.SUPERSEDED, None, GIVE_UP_AT, EXPIRES_AT, "superseded by ci.1.9", 4, 1
    ),
    **{(status, Transition.SEND_AGAIN): SENT_AGAIN for status in Status},
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("transition", Transition)
def test_a_transition_leads_where_the_table_says_or_is_refused(status, transition):
    state, expected = before(status), AFTER.get((status, transition))

    if expected is None:
        with pytest.raises(TransitionRefused, match=f"{transition.value}: it is {status.value}"):
            APPLIED[transition](state)
    else:
        assert APPLIED[transition](state) == expected


def test_the_table_has_the_transitions_that_are_tested_and_no_others():
    assert {
        (status, transition): to
        for transition, from_to in TRANSITIONS.items()
        for status, to in from_to.items()
    } == {pair: state.status for pair, state in AFTER.items()}


def test_an_attempt_counts_and_says_what_came_of_it():
    state = before(Status.PENDING)

    assert delivery_states.attempted(state, "204") == state._replace(outcome="204", tries=5)
    assert state.failures == 3


@pytest.mark.parametrize(
    ("tries", "tries_before", "failures", "left"),
    [(0, 0, 3, -1), (4, 1, 7, 1), (4, 4, 2, 3), (1, 0, 0, 0)],
)
def test_half_of_the_failures_of_the_first_count_for_the_newest(
    tries, tries_before, failures, left
):
    newest = before(Status.PENDING)._replace(tries=tries, tries_before=tries_before)

    assert delivery_states.absorb(newest, failures, NOW).tries_before == left


def test_without_a_reason_a_delivery_that_is_given_up_keeps_its_last_outcome():
    assert delivery_states.give_up(before(Status.PENDING)).outcome == "503"


def test_a_delivery_is_kept_as_long_as_it_may_still_be_tried():
    state = before(Status.PENDING)

    soon = delivery_states.postpone(state, NOW + 1, RETENTION)

    assert soon.expires_at == 1_700_000_500 + RETENTION
