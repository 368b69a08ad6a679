"""Whatever a sender sends, it is answered in the contract's words, and nothing else is raised."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.domain.errors import Refused
from chalicelib.domain.payloads import (
    LONGEST_KEY,
    PayloadFailed,
    PayloadUnreadable,
    compile_mapping,
    key_of,
    map_payload,
)
from chalicelib.domain.presets import PRESETS
from chalicelib.domain.sources import FIELDS as SOURCE_FIELDS
from chalicelib.domain.sources import read_source
from chalicelib.services.sources import sources
from tests.support.inbound import add_source, send

TEXTS = st.text(st.characters(), max_size=300)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | st.integers() | FLOATS | TEXTS
VALUES = st.recursive(
    SCALARS, lambda parts: st.lists(parts, max_size=4) | st.dictionaries(TEXTS, parts, max_size=4)
)
FIELDS = (
    *("key", "title", "description", "color_id", "tags", "priority", "date_due", "category"),
    *("project", "project_id", "column", "column_id", "owner", "owner_id", "closed"),
)
ROW_FIELDS = (*SOURCE_FIELDS, "previous_secret", "previous_secret_until")
EXPRESSIONS = st.sampled_from(["payload.a", "a.", "{{", '{"title": "{{ payload.a }}"}', "[]"])
MAPPINGS = {name: compile_mapping(read_source({"id": "x", "preset": name})) for name in PRESETS}
PAYLOADS = st.dictionaries(st.sampled_from(FIELDS), VALUES) | VALUES


@settings(max_examples=150)
@given(payload=PAYLOADS)
def test_each_preset_maps_any_json_or_says_why_not(payload):
    for name, mapping in MAPPINGS.items():
        try:
            mapped = list(map_payload(mapping, {"payload": payload, "headers": {}, "query": {}}))
        except (PayloadFailed, PayloadUnreadable):
            continue

        assert all(item.key is None or len(item.key) <= LONGEST_KEY for item in mapped), name
        json.dumps([item.wish for item in mapped], allow_nan=False).encode()


@given(row=st.dictionaries(st.sampled_from(ROW_FIELDS), VALUES | EXPRESSIONS))
def test_any_row_is_read_or_refused_by_its_fields(row):
    reasons: dict[str, str] = {}
    try:
        compile_mapping(read_source({"id": "x", **row}))
    except Refused as refusal:
        reasons = refusal.reasons

    assert set(reasons) <= {*ROW_FIELDS}


@given(value=VALUES)
def test_a_key_is_a_text_that_every_store_keeps(value):
    key = key_of(value)

    assert key is None or (key.encode() and "\0" not in key)


@pytest.mark.usefixtures("cloud")
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(payload=PAYLOADS)
def test_any_json_is_answered_in_the_contracts_words(payload):
    add_once()

    answer = send(json.dumps(payload))

    assert answer.status in {200, 202}
    names = ["created", "changed", "closed", "ignored", "failed"]
    assert list(json.loads(answer.text)) == names


@pytest.mark.usefixtures("cloud")
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=st.binary(max_size=300), kind=st.sampled_from(["json", "x-www-form-urlencoded"]))
def test_any_bytes_are_answered(body, kind):
    add_once()

    answer = send(body, headers={"content-type": f"application/{kind}"})

    assert answer.status in {200, 202, 400}


def add_once():
    if not sources.list_sources():
        add_source()
