"""What a value says: nothing, or a number."""

import pytest

from chalicelib.domain.values import Number, is_blank, whole_number


@pytest.mark.parametrize(
    "text", ["1", "01", "0" * 5000 + "1", *map(Number, ("1", "1.0", "1e0", "10E-1", "1.00"))]
)
def test_one_number_is_one_number_however_it_is_written(text):
    assert whole_number(text) == 1


@pytest.mark.parametrize(
    "text", ["1.0", "1e0", "-1", "+1", " 1", "", "one", "1_0", "\u0661", "\u00b2", "9" * 5000]
)
def test_a_text_that_is_not_decimal_digits_is_no_number(text):
    assert whole_number(text) is None


@pytest.mark.parametrize(
    "text", ["1.5", "1e-5", "1e400", "-1e400", "9007199254740994.0", "9" * 5000]
)
def test_a_json_number_that_is_not_whole_or_not_exact_is_none(text):
    assert whole_number(Number(text)) is None


@pytest.mark.parametrize(
    ("text", "plain"),
    [("-7", -7), ("1" * 4000, int("1" * 4000)), ("21.50", 21.5), ("1e400", float("inf"))],
)
def test_a_json_number_is_kept_as_it_was_written_and_is_a_number_too(text, plain):
    assert (str(Number(text)), Number(text).plain, type(Number(text).plain)) == (
        text,
        plain,
        type(plain),
    )


INVISIBLE = [
    "\u200b",
    "\ufeff",
    "\u2060\u00ad",
    "\u202e\u202c",
    "\u3164",
    "\u2800 \u3000",
    "\ufe0f",
    "\U000e0020",
    "\x07",
]


@pytest.mark.parametrize("text", ["", " \t\r\n", "\u00a0\u2003\u2028", *INVISIBLE])
def test_what_leaves_no_ink_is_blank(text):
    assert is_blank(text)


@pytest.mark.parametrize(
    "text",
    [
        ".",
        " x ",
        "\u200bx",
        "0",
        "\u4f60",
        "\U0001f4a9",
        "\u2764\ufe0f",
        "e\u0301",
        "\uf8ff",
        "\U0001fadf",
        "\ufffd",
        "\0",
    ],
)
def test_what_leaves_ink_is_not_blank(text):
    assert not is_blank(text)
