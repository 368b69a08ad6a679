"""What others have written moves no cursor, ends no line and turns no direction."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.printable import as_json, field, one_line

ANY = st.text(st.characters(codec=None, exclude_categories=()), max_size=30)
ACTING = {"Cc", "Zl", "Zp", "Cs"}
BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def acts(text):
    return [one for one in text if unicodedata.category(one) in ACTING or one in BIDI]


@given(ANY)
def test_no_text_acts_on_a_terminal(text):
    assert acts(one_line(text)) == []
    assert acts(field("answer", text)) == []


@given(
    st.recursive(
        ANY | st.none() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(ANY, inner)
    )
)
def test_json_is_exact_and_acts_on_no_terminal(value):
    shown = as_json(value)

    assert json.loads(shown) == value
    assert acts(shown.replace("\n", "")) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2Jb\r\nstatus  delivered", r"a\x1b[2Jb\r\nstatus  delivered"),
        ("\x9b2J\x7f\u2028\ufeff", r"\x9b2J\x7f\u2028\ufeff"),
        ("gpj\u202e.exe\u2066", r"gpj\u202e.exe\u2066"),
        ("\udc80", r"\udc80"),
    ],
    ids=["escape and lines", "others", "bidi", "surrogate"],
)
def test_what_acts_on_a_terminal_is_shown_as_an_escape(text, shown):
    assert one_line(text) == shown


@pytest.mark.parametrize(
    "text", ["Grüße, 你好", "10\u00a0%", "山\u3000川", "न्\u200dस", "👩\u200d💻", "C:\\new"]
)
def test_what_people_write_stays_as_it_is(text):
    assert one_line(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("500", "error=500"),
        ("not today", "error=not today"),
        ("no status=200", 'error="no status=200"'),
        ('it is "on"', r'error="it is \"on\""'),
        ("", "error="),
        (" 500", 'error=" 500"'),
        ("no\nstatus=200", r"error=no\nstatus=200"),
    ],
)
def test_a_field_forges_no_other(text, shown):
    assert field("error", text) == shown
