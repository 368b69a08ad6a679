"""Tasks as texts: the same values as plain rows, whatever somebody wrote by hand."""

from typing import Any

import pytest

from chalicelib.adapters.dynamodb.tables.task_texts import Values, as_texts, texts_of
from chalicelib.adapters.dynamodb.tables.tasks import row_of

WHOLE: dict[str, dict[str, Any]] = {
    "task_id": {"N": "7"},
    "title": {"S": "Write"},
    "project_id": {"N": "1"},
    "position": {"N": "-1048576"},
    "tags": {"NS": ["3", "12"]},
    "is_active": {"N": "0"},
}

BY_HAND = {
    "a field of the wrong kind": {"owner_id": {"S": "1"}},
    "a field of somebody else's": {"note": {"S": "mine"}},
    "nothing": {"description": {"NULL": True}},
    "a number with a fraction of 0": {"score": {"N": "5.0"}},
    "a number with zeros before it": {"score": {"N": "007"}},
    "a number with an exponent": {"score": {"N": "1E2"}},
    "a fraction": {"score": {"N": "1.5"}},
}


@pytest.mark.parametrize("by_hand", BY_HAND.values(), ids=list(BY_HAND))
def test_a_row_edited_by_hand_has_the_values_that_it_has_as_a_plain_row(by_hand):
    items = [WHOLE, WHOLE | by_hand]

    found = texts_of(items)

    known = [
        {name: value for name, value in row_of(item).items() if value is not None} for item in items
    ]
    assert found == [as_texts(row) for row in known]
    assert [{name: values[name] for name in known[0]} for values in map(Values, found)] == [
        {name: row[name] for name in known[0]} for row in known
    ]


def test_what_a_row_lacks_has_its_default_or_is_left_out():
    [texts] = texts_of([{"task_id": {"N": "7"}}])

    assert (texts["title"], texts["color_id"], texts["is_active"]) == ("", "blue", "1")
    assert (texts["reference"], Values(texts)["priority"]) == ("", 0)
    assert "tags" not in texts
