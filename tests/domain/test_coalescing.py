"""Changes that wait are coalesced: the receiver ends where the task does."""

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.event_objects import coalesce, object_of, pack, unpack
from chalicelib.domain.events import event_of
from chalicelib.domain.formats import body_of
from tests.support.names import NoNames

HAPPENED_AT = 1_700_000_000
FIRST = {
    "task_id": 42,
    "title": "first",
    "description": "",
    "project_id": 1,
    "owner_id": 0,
    "category_id": 0,
    "column_id": 2,
    "color_id": "blue",
    "score": 0,
    "date_due": 0,
    "creator_id": 0,
    "date_creation": 1_699_999_999,
    "position": 44040192,
    "date_modification": 0,
    "is_active": 1,
    "date_completed": 0,
}

few = st.integers(0, 3)
fields = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["first", "zweiter", "третий", '"4"']),
        "description": st.text(max_size=3),
        "color_id": st.sampled_from(["blue", "red"]),
        **dict.fromkeys(
            ("score", "owner_id", "column_id", "date_due", "is_active", "date_completed"), few
        ),
    },
)
body_formats = st.sampled_from(["kanboard", "standard", "cloudevents"])
plainly = settings(max_examples=200)


def rows_of(changes):
    """Return a task's row after each change, the first row before them."""
    rows = [FIRST]
    for change in changes:
        rows.append({**rows[-1], **change})
    return rows


def events_of(rows):
    """Return the event of each change of a row; where nothing was changed there is none."""
    made = [event_of(f"{n}", *pair, HAPPENED_AT + n) for n, pair in enumerate(pairwise(rows))]
    return [object_of(event, NoNames()) for event in made if event is not None]


def coalesced(events):
    """Return the coalesced event as it comes out of a row."""
    event = coalesce(events)
    return unpack(pack(event), event["id"], event["type"])


def task_in(event, body_format):
    body = json.loads(body_of(event, body_format))
    return body.get("data", body)


def groups_of(events, cuts):
    """Return the events cut into groups, in their order."""
    places = sorted({0, len(events), *(cut % (len(events) + 1) for cut in cuts)})
    return [events[start:end] for start, end in pairwise(places)]


@plainly
@given(st.lists(fields, max_size=12), body_formats, st.lists(st.integers(0, 100), max_size=4))
def test_wherever_changes_are_coalesced_the_receiver_follows_the_task_to_its_last_state(
    changes, body_format, cuts
):
    rows = rows_of(changes)
    state = dict(FIRST)
    for group in groups_of(events_of(rows), cuts):
        task = task_in(coalesced(group), body_format)
        told = task.pop("changes")

        # What the receiver has is what the changes begin with, and what they end with is the task.
        assert {name: before for name, (before, _) in told.items()} == {
            name: state[name] for name in told
        }
        state |= {name: after for name, (_, after) in told.items()}
        assert task == state

    assert state == rows[-1]


@plainly
@given(st.lists(fields, min_size=2, max_size=8), st.integers(1, 6))
def test_what_is_coalesced_in_two_steps_is_coalesced_as_in_one(changes, cut):
    events = events_of(rows_of(changes))
    early, late = events[:cut], events[cut:]

    for steps in (
        [coalesced(early), *late] if early else late,
        [*early, coalesced(late)] if late else early,
    ):
        assert not steps or coalesced(steps) == coalesced(events)


@plainly
@given(st.lists(fields, min_size=2, max_size=8), st.integers(1, 6))
def test_what_a_crash_left_half_coalesced_is_coalesced_to_the_same(changes, kept):
    """The newest has taken all in; of the others, the oldest ones are still there."""
    events = events_of(rows_of(changes))
    if not events:
        return
    whole = coalesced(events)

    assert coalesced([*events[:-1][:kept], whole]) == whole


@plainly
@given(st.lists(fields, min_size=1, max_size=8))
def test_a_coalesced_event_is_the_newest_in_all_but_its_changes(changes):
    events = events_of(rows_of(changes))
    if not events:
        return
    whole = coalesced(events)

    assert list(whole["changes"]) == [name for name in FIRST if name in whole["changes"]]
    assert json.dumps(whole | {"changes": {}}) == json.dumps(events[-1] | {"changes": {}})


def test_a_field_that_was_changed_back_stays_in_the_changes():
    events = events_of([FIRST, FIRST | {"score": 5}, FIRST | {"title": "x"}])

    assert coalesced(events)["changes"] == {"title": ["first", "x"], "score": [0, 0]}


def test_one_event_alone_is_coalesced_to_itself():
    [event] = events_of([FIRST, FIRST | {"title": "Größe"}])

    assert coalesced([event]) == event


@pytest.mark.parametrize(
    "text", ["not JSON", "null", "[]", '{"data": 1}', '{"data": {"title": "x"}, "changes": 1}']
)
def test_an_event_that_was_edited_into_something_else_is_an_error(text):
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        unpack(text, "evt_1", "task.modified")
