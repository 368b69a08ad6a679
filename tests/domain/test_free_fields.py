"""Fields as people write them: what is read, and what is refused rather than guessed."""

import pytest

from chalicelib.domain import free_fields
from chalicelib.domain.free_fields import Unreadable


@pytest.mark.parametrize(
    ("read", "value", "meant"),
    [
        (free_fields.read_flag, True, True),
        (free_fields.read_flag, " FALSE ", False),
        (free_fields.read_flag, "1", True),
        (free_fields.read_flag, 0, False),
        (free_fields.read_number, "0.50", 0.5),
        (free_fields.read_number, 30.0, 30),
        (free_fields.read_texts, '["a", "b"]', ["a", "b"]),
        (free_fields.read_numbers, "[5, 30.5]", [5, 30.5]),
        (free_fields.read_numbers, ["5", 30], [5, 30]),
        (free_fields.read_numbers, "[]", []),
        (free_fields.read_object, '{"a": 1}', {"a": 1}),
    ],
)
def test_a_field_is_read_as_people_write_it(read, value, meant):
    assert read(value) == meant


@pytest.mark.parametrize(
    ("read", "value", "takes"),
    [
        (free_fields.read_flag, "yes", "true or false"),
        (free_fields.read_flag, 2, "true or false"),
        (free_fields.read_flag, ["true"], "true or false"),
        (free_fields.read_number, True, "a number"),
        (free_fields.read_number, "five", "a number"),
        (free_fields.read_number, "nan", "a number"),
        (free_fields.read_number, "-inf", "a number"),
        (free_fields.read_number, b"5", "a number"),
        (free_fields.read_texts, "a", "a list of texts"),
        (free_fields.read_texts, '["a", 1]', "a list of texts"),
        (free_fields.read_numbers, 5, r"a list of numbers, such as \[5, 30, 300\]"),
        (free_fields.read_numbers, [True], r"a list of numbers, such as \[5, 30, 300\]"),
        (free_fields.read_object, "[]", "an object"),
        (free_fields.read_text, 5, "a text"),
    ],
)
def test_a_field_that_says_something_else_is_refused(read, value, takes):
    with pytest.raises(Unreadable, match=f"^takes {takes}$"):
        read(value)
