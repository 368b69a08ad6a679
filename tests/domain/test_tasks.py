"""What a task may hold."""

import pytest

from chalicelib.domain import tasks
from chalicelib.domain.errors import Refused


def reason(read, *arguments):
    with pytest.raises(Refused) as refusal:
        read(*arguments)
    return refusal.value.reasons


@pytest.mark.parametrize(
    "title", ["x", "  kept as given ", "x" * 200, "\N{PILE OF POO}" * 200, "a\nb"]
)
def test_a_title_of_1_to_200_characters_is_kept_as_given(title):
    assert tasks.read_title(title) == title


@pytest.mark.parametrize("title", [None, "", " \t\n", "\u00a0\u2003"])
def test_a_title_is_required_and_not_only_white_space(title):
    assert reason(tasks.read_title, title) == {"title": "is required"}


def test_a_title_of_201_characters_is_refused():
    assert reason(tasks.read_title, "x" * 201) == {"title": "takes at most 200 characters, not 201"}


@pytest.mark.parametrize("text", ["a\ufffdb", "\udfff"])
@pytest.mark.parametrize(
    ("field", "read"), [("title", tasks.read_title), ("description", tasks.read_description)]
)
def test_what_was_not_valid_utf_8_is_refused(field, read, text):
    assert reason(read, text) == {field: "must be valid UTF-8"}


@pytest.mark.parametrize(
    ("field", "read"), [("title", tasks.read_title), ("description", tasks.read_description)]
)
def test_a_nul_is_refused(field, read):
    assert reason(read, "a\0b") == {field: "must not hold a NUL character"}


@pytest.mark.parametrize(("text", "description"), [(None, ""), ("", ""), ("# Plan\n", "# Plan\n")])
def test_a_description_is_optional_text(text, description):
    assert tasks.read_description(text) == description


def test_a_description_longer_than_an_item_is_refused():
    assert reason(tasks.read_description, "x" * (400 * 1024 + 1)) == {
        "description": "is too long: a task takes at most 400 KB"
    }


def test_the_colour_is_blue_unless_another_is_given():
    assert [tasks.read_color(text) for text in (None, *tasks.COLORS)] == [
        "blue",
        "yellow",
        "blue",
        "green",
        "purple",
        "red",
        "orange",
        "grey",
    ]


@pytest.mark.parametrize("text", ["", "pink", "Blue", " blue"])
def test_an_unknown_colour_is_refused(text):
    assert reason(tasks.read_color, text) == {
        "color_id": "takes one of yellow, blue, green, purple, red, orange, grey"
    }


@pytest.mark.parametrize(
    ("text", "number"), [(None, 0), ("0", 0), ("007", 7), ("9007199254740991", 9007199254740991)]
)
def test_an_id_is_a_whole_number(text, number):
    assert tasks.read_id("owner_id", text) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-1",
        "+1",
        "1.0",
        "1e3",
        " 1",
        "one",
        "0x1",
        "\u0661",
        "\u00b2",
        "9007199254740992",
        "9" * 30,
    ],
)
def test_what_is_not_a_whole_number_is_no_id(text):
    assert reason(tasks.read_id, "owner_id", text) == {
        "owner_id": "takes a whole number, 0 or more"
    }


@pytest.mark.parametrize("text", ["x", " kept as given ", "x" * 200])
def test_a_name_of_1_to_200_characters_is_kept_as_given(text):
    assert (tasks.read_name("tag", text), tasks.read_reference(text)) == (text, text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "takes 1 to 200 characters"),
        ("", "takes 1 to 200 characters"),
        (" \t", "takes 1 to 200 characters"),
        ("x" * 201, "takes 1 to 200 characters"),
        ("a\0", "must not hold a NUL character"),
        ("\ud800", "must be valid UTF-8"),
    ],
)
def test_a_name_that_cannot_be_is_refused(text, told):
    assert reason(tasks.read_name, "tag", text) == {"tag": told}


@pytest.mark.parametrize("text", [None, ""])
def test_a_reference_is_optional(text):
    assert tasks.read_reference(text) == ""


@pytest.mark.parametrize("text", [" ", "x" * 201])
def test_a_reference_is_not_blank_and_not_too_long(text):
    assert reason(tasks.read_reference, text) == {"reference": "takes 1 to 200 characters"}


def test_a_new_task_stands_below_all_before_it():
    assert tasks.first_position(1) < tasks.first_position(2) < tasks.first_position(10**9)


@pytest.mark.parametrize(
    ("above", "below"),
    [(None, None), (None, 5), (None, -(2**40)), (7, None), (0, 2), (-4, -2), (2**20, 2**21)],
)
def test_a_position_between_two_neighbours_lies_between_them(above, below):
    position = tasks.position_between(above, below)

    assert position is not None
    assert above is None or position > above
    assert below is None or position < below


@pytest.mark.parametrize(("above", "below"), [(1, 2), (3, 3), (5, 4)])
def test_two_neighbours_may_leave_no_room(above, below):
    assert tasks.position_between(above, below) is None


def test_twenty_halvings_fit_between_two_new_tasks():
    above, below = tasks.first_position(1), tasks.first_position(2)

    for _ in range(20):
        middle = tasks.position_between(above, below)
        assert middle is not None
        below = middle

    assert tasks.position_between(above, below) is None


def test_the_end_of_a_column_leaves_the_next_new_task_last():
    last = tasks.first_position(7)

    moved = tasks.position_between(last, None)

    assert moved is not None
    assert last < moved < tasks.first_position(8)


def test_an_item_counts_its_names_and_texts_in_bytes_and_numbers_at_most():
    assert tasks.item_size({"title": "\u00e9", "task_id": 1}) == 5 + 2 + 7 + 21
