"""Changes that wait are coalesced: the receiver ends where the task does."""

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.events import event_of
from chalicelib.domain.formats import FORMATS, body_of, coalesce

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
body_formats = st.sampled_from(sorted(FORMATS))
plainly = settings(derandomize=True, deadline=None, max_examples=200)


def rows_of(changes):
    """Return a task's row after each change, the first row before them."""
    rows = [FIRST]
    for change in changes:
        rows.append({**rows[-1], **change})
    return rows


def bodies_of(rows, body_format):
    """Return the body of each change of a row; where nothing was changed there is none."""
    made = [event_of(f"{n}", *pair, HAPPENED_AT + n) for n, pair in enumerate(pairwise(rows))]
    return [body_of(event, body_format) for event in made if event is not None]


def coalesced(bodies, body_format):
    return coalesce([(body_format, body) for body in bodies])


def task_in(body):
    body = json.loads(body)
    return body.get("data", body)


def groups_of(bodies, cuts):
    """Return the bodies cut into groups, in their order."""
    places = sorted({0, len(bodies), *(cut % (len(bodies) + 1) for cut in cuts)})
    return [bodies[start:end] for start, end in pairwise(places)]


@plainly
@given(st.lists(fields, max_size=12), body_formats, st.lists(st.integers(0, 100), max_size=4))
def test_wherever_changes_are_coalesced_the_receiver_follows_the_task_to_its_last_state(
    changes, body_format, cuts
):
    rows = rows_of(changes)
    state = dict(FIRST)
    for group in groups_of(bodies_of(rows, body_format), cuts):
        task = task_in(coalesced(group, body_format))
        told = task.pop("changes")

        # What the receiver has is what the changes begin with, and what they end with is the task.
        assert {name: before for name, (before, _) in told.items()} == {
            name: state[name] for name in told
        }
        state |= {name: after for name, (_, after) in told.items()}
        assert task == state

    assert state == rows[-1]


@plainly
@given(st.lists(fields, min_size=2, max_size=8), body_formats, st.integers(1, 6))
def test_what_is_coalesced_in_two_steps_is_coalesced_as_in_one(changes, body_format, cut):
    bodies = bodies_of(rows_of(changes), body_format)
    early, late = bodies[:cut], bodies[cut:]

    for steps in (
        [coalesced(early, body_format), *late] if early else late,
        [*early, coalesced(late, body_format)] if late else early,
    ):
        assert not steps or coalesced(steps, body_format) == coalesced(bodies, body_format)


@plainly
@given(st.lists(fields, min_size=2, max_size=8), body_formats, st.integers(1, 6))
def test_what_a_crash_left_half_coalesced_is_coalesced_to_the_same(changes, body_format, kept):
    """The newest has taken all in; of the others, the oldest ones are still there."""
    bodies = bodies_of(rows_of(changes), body_format)
    if not bodies:
        return
    whole = coalesced(bodies, body_format)

    assert coalesced([*bodies[:-1][:kept], whole], body_format) == whole


@plainly
@given(st.lists(fields, min_size=1, max_size=8), body_formats)
def test_a_coalesced_body_is_that_of_the_newest_in_all_but_its_changes(changes, body_format):
    bodies = bodies_of(rows_of(changes), body_format)
    if not bodies:
        return
    whole, newest = json.loads(coalesced(bodies, body_format)), json.loads(bodies[-1])

    order = [name for name in FIRST if name in whole.get("data", whole)["changes"]]
    assert list(whole.get("data", whole).pop("changes")) == order
    newest.get("data", newest).pop("changes")
    assert json.dumps(whole) == json.dumps(newest)


def test_a_field_that_was_changed_back_stays_in_the_changes():
    bodies = bodies_of([FIRST, FIRST | {"score": 5}, FIRST | {"title": "x"}], "kanboard")

    assert task_in(coalesced(bodies, "kanboard"))["changes"] == {
        "title": ["first", "x"],
        "score": [0, 0],
    }


@pytest.mark.parametrize("body_format", sorted(FORMATS))
def test_one_body_alone_folds_to_itself(body_format):
    [body] = bodies_of([FIRST, FIRST | {"title": "Größe"}], body_format)

    assert coalesced([body], body_format) == body


@pytest.mark.parametrize(
    "body", ["not JSON", "null", "[]", "{}", '{"changes": 1}', '{"changes": {"title": [1]}}']
)
def test_a_body_of_something_else_is_an_error(body):
    [good] = bodies_of([FIRST, FIRST | {"title": "x"}], "kanboard")

    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        coalesced([body, good], "kanboard")
