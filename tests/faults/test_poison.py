"""Unusable things become dead letters with a log event; everything beside them goes on."""

import json
import logging
from typing import Any

import pytest

from chalicelib.adapters import log
from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.config import CONFIG
from chalicelib.services.deliveries import delivery_log
from chalicelib.services.endpoints import endpoints
from chalicelib.services.tasks import lifecycle
from tests.support.cloud import client_of, dispatch, retry
from tests.support.deliveries import (
    FINE,
    fail_changes,
    fail_first,
    logged,
    retry_message,
    rows,
    states,
    subscribe,
    versions,
)
from tests.support.receivers import Inbox

RECORD = {"SequenceNumber": "1", "ApproximateCreationDateTime": 1}


def as_stored():
    """Return the deliveries as the store holds them, in their order, whatever they hold."""
    found = client_of("dynamodb").scan(TableName="taskhook-dev-deliveries")["Items"]
    return sorted(found, key=lambda row: row["sequence"]["S"])


def edit_field(row, name, value):
    """Change a delivery by hand; None removes the field."""
    client_of("dynamodb").update_item(
        TableName="taskhook-dev-deliveries",
        Key={key: row[key] for key in ("lane", "sequence")},
        UpdateExpression="REMOVE #name" if value is None else "SET #name = :value",
        ExpressionAttributeNames={"#name": name},
        **({} if value is None else {"ExpressionAttributeValues": {":value": value}}),
    )


@pytest.mark.parametrize(
    ("kind", "poison"),
    [
        ("record", {"eventID": "e"}),
        ("record", {"eventID": "e", "dynamodb": None}),
        ("record", {"dynamodb": {**RECORD, "NewImage": {"task_id": {"N": "1"}}}}),
        (
            "record",
            {
                "eventID": "e",
                "dynamodb": {"SequenceNumber": "1", "NewImage": {"task_id": {"N": "1"}}},
            },
        ),
        ("record", {"eventID": "e", "dynamodb": {**RECORD, "NewImage": {"task_id": {"X": "1"}}}}),
        ("record", {"eventID": "e", "dynamodb": {**RECORD, "NewImage": "a text"}}),
        ("change", {"eventID": "e", "dynamodb": {**RECORD, "NewImage": {"title": {"S": "no id"}}}}),
        (
            "change",
            {
                "eventID": "e",
                "dynamodb": {**RECORD, "NewImage": {"task_id": {"N": "1"}, "score": {"S": "?"}}},
            },
        ),
        (
            "change",
            {
                "eventID": "e",
                "dynamodb": {**RECORD, "NewImage": {"task_id": {"N": "1"}, "score": {"L": []}}},
            },
        ),
    ],
)
def test_a_change_that_cannot_be_used_is_set_aside_and_the_rest_of_its_batch_is_sent(
    cloud, caplog, kind, poison
):
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        records = cloud.records()

        answer = dispatch([poison, *records, poison])

    assert (answer, states()) == (FINE, ["delivered"])
    assert [one["kind"] for one in cloud.set_aside()] == [
        event["kind"] for event in logged(caplog, "set_aside")
    ]
    assert [event["kind"] for event in logged(caplog, "set_aside")] == [kind, kind]


BROKEN_FIELDS: list[tuple[str, Any]] = [
    ("event", None),
    ("event", {"S": "lzma:not packed"}),
    ("event", {"S": "not JSON"}),
    ("event", {"S": "[]"}),
    ("event", {"S": '{"data": 1}'}),
    ("event", {"S": '{"changes": [1]}'}),
    ("event_id", None),
    ("task_version", None),
    ("give_up_at", {"S": "never"}),
    ("attempts", {"S": "two"}),
    ("attempts", {"S": '{"number": 1}'}),
    ("attempts", {"N": "1"}),
    ("tries", {"S": "one"}),
]


@pytest.mark.parametrize(("name", "value"), BROKEN_FIELDS)
def test_a_delivery_that_cannot_be_used_is_set_aside_and_its_lane_goes_on(
    cloud, caplog, name, value
):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox, 2)
        cloud.make_due()
        edit_field(as_stored()[0], name, value)

        answer = retry([retry_message("ci.1")])

    first, second = as_stored()
    assert (answer, versions(inbox)) == (FINE, "12")
    assert "due_at" not in first
    assert (first["status"]["S"], second["status"]["S"]) == ("failed", "delivered")
    assert first["outcome"]["S"].startswith("set aside: ")
    for told in (*cloud.set_aside(), *logged(caplog, "set_aside")):
        assert (told["kind"], told["lane"], told["sequence"]) == (
            "delivery",
            "ci.1",
            first["sequence"]["S"],
        )
    assert len(logged(caplog, "set_aside")) == 1


@pytest.mark.parametrize(
    "attempts",
    [
        {"S": '["the first"]'},
        {"S": "[{}]"},
        {"S": '[{"number": "one"}]'},
        {"L": [{"M": {"number": {"N": "1"}}}]},
    ],
    ids=["text", "empty", "no number", "list of maps"],
)
def test_attempts_that_were_edited_by_hand_keep_a_delivery_from_nothing(cloud, attempts):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox, 2)
        edit_field(as_stored()[0], "attempts", attempts)

        answer = cloud.retry_due()

    assert (answer, versions(inbox), states()) == (FINE, "112", ["delivered"] * 2)


@pytest.mark.parametrize("value", [{"S": "two"}, {"S": '["the first"]'}])
def test_a_delivery_that_cannot_be_used_hides_no_other_from_the_record(cloud, value):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox, 2)
        first, second = (row.id for row in rows())
        edit_field(as_stored()[0], "attempts", value)

        found = delivery_log.list_deliveries("ci")

    assert {row.id for row in found} | {first} == {first, second}


@pytest.mark.parametrize(
    "body", ["null", "not JSON", "[]", "{}", '{"changes": [1]}', '{"changes": {"title": "x"}}']
)
def test_a_body_without_an_event_is_sent_as_it_is_and_in_order(cloud, body):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_changes(cloud, inbox, 2)
        edit_field(as_stored()[1], "event", None)
        edit_field(as_stored()[1], "body", {"S": body})

        answer = cloud.retry_due()

    assert (answer, versions(inbox)) == (FINE, "1223")
    assert inbox.received[2].body.decode() == body
    assert states() == ["delivered"] * 3


def break_url():
    Endpoint("ci").update(actions=[Endpoint.url.set("ftp://127.0.0.1/")])


def break_type():
    client_of("dynamodb").update_item(
        TableName="taskhook-dev-endpoints",
        Key={"id": {"S": "ci"}},
        UpdateExpression="SET is_active = :value",
        ExpressionAttributeValues={":value": {"S": "yes"}},
    )


@pytest.mark.parametrize(
    ("break_it", "reason"),
    [(break_url, "url: must begin with http:// or https://"), (break_type, "cannot be read: ")],
)
def test_what_waits_for_a_broken_endpoint_says_so_and_is_delivered_once_it_is_mended(
    cloud, break_it, reason
):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        whole = Endpoint.get("ci")
        cloud.make_due()
        break_it()

        answer = retry(cloud.sweep())
        [row] = rows()
        whole.save()
        cloud.retry_due()

    assert (answer, row.status, len(row.attempts)) == (FINE, "pending", 2)
    assert row.outcome.startswith(f"the endpoint cannot be used: {reason}")
    assert (len(inbox.received), states()) == (2, ["delivered"])


def test_what_waits_for_an_endpoint_that_stays_broken_is_given_up_visibly(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        break_url()

        for _ in range(12):
            cloud.retry_due()

    [row] = rows()
    assert row.due_at is None
    assert (row.status, len(inbox.received)) == ("failed", 1)
    assert row.outcome == "the endpoint cannot be used: url: must begin with http:// or https://"


def test_half_a_surrogate_pair_in_a_body_keeps_no_delivery_from_its_record(cloud):
    """No text in UTF-8 can hold one, but an expression can name it."""
    with Inbox() as other, Inbox() as inbox:
        half = {"a": '{{ `"\\ud800"` }}', "b": '{{ join(`""`, [`"\\ud83d"`, `"\\ude00"`]) }}'}
        endpoints.add_endpoint(inbox.url, body_format="custom", endpoint_id="ci", template=half)
        subscribe(other.url, "other")
        lifecycle.create_task({"title": "x"})

        answer = cloud.pump()

    assert (answer, states("ci"), states("other")) == (FINE, ["delivered"], ["delivered"])
    assert json.loads(inbox.received[0].body) == {"a": "\ufffd", "b": "\U0001f600"}


def test_a_broken_endpoint_delays_no_other(cloud):
    with Inbox() as inbox, Inbox() as other:
        subscribe(other.url, "other")
        subscribe(inbox.url)
        inbox.status = other.status = 500
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        inbox.status = other.status = 204
        break_url()

        answer = cloud.retry_due()

    assert (answer, states(), states("other")) == (FINE, ["pending"], ["delivered"])


def test_the_log_is_as_loud_as_configured():
    """Whoever names a Chalice application like a logger has that logger turned down to errors."""
    assert logging.getLevelName(log._logger.getEffectiveLevel()) == CONFIG.log_level
