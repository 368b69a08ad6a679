"""No part of a token or a secret stays in what a receiver has said."""

import json
import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.redaction import redact, text_of

TOKEN = "4f9c1e7b2a6d8053"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@given(
    before=st.text("xyz", max_size=9),
    after=st.text("xyz", max_size=9),
    kept=st.integers(0, len(TOKEN)),
)
def test_of_a_token_that_is_cut_no_character_stays(before, after, kept):
    said = (before + TOKEN[:kept]) if kept < len(TOKEN) else before + TOKEN + after

    shown = redact(said, TOKEN, [], is_cut=True)

    left = before if kept < 4 else f"{before}[token]"
    assert shown == left + (after if kept == len(TOKEN) else "")


def test_the_end_of_a_whole_text_is_no_token_for_three_characters():
    assert redact("x4f9", TOKEN, []) == "x4f9"
    assert redact("x4f9c", TOKEN, []) == "x[token]"


@pytest.mark.parametrize(
    "form",
    [
        lambda token: token,
        lambda token: token.encode().decode("latin-1"),
        lambda token: quote(token, safe=""),
        lambda token: re.sub("%..", lambda escape: escape[0].lower(), quote(token, safe="")),
        lambda token: json.dumps(token)[1:-1],
        lambda token: json.dumps(token)[1:-1].replace("/", r"\/"),
        lambda token: token.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;"),
    ],
    ids=["plain", "header", "url", "url in lower case", "json", "json of php", "html"],
)
def test_a_token_is_hidden_however_it_is_written(form):
    token = 'Aß/<&" b'

    assert redact(f"it is {form(token)}!", token, []) == "it is [token]!"


def test_a_secret_is_hidden_with_and_without_its_prefix():
    said = f"expected {SECRET}, key {SECRET.removeprefix('whsec_')}, cut {SECRET[:20]}"

    assert redact(said, TOKEN, [SECRET]) == "expected [secret], key [secret], cut [secret]"


def test_where_there_is_no_token_nothing_is_hidden():
    assert redact("no", "", [], is_cut=True) == "no"


@pytest.mark.parametrize(("is_cut", "text"), [(True, "gr"), (False, "gr\ufffd")])
def test_a_character_is_not_shown_in_part_where_the_text_was_cut(is_cut, text):
    assert text_of("grü".encode()[:-1], is_cut=is_cut) == text
