"""From the stream of tasks to the endpoints, and the record of it."""

import json
import random

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from standardwebhooks import Webhook

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.domain.errors import StoreUnavailable
from chalicelib.services.accounts import first_start
from chalicelib.services.deliveries import bodies, dispatching
from chalicelib.services.endpoints import endpoints, signing
from chalicelib.services.tasks import lifecycle, moving, removal
from tests.support.cloud import TOKEN, client_of, dispatch
from tests.support.deliveries import all_rows, subscribe
from tests.support.receivers import Inbox

ALL = ["task.created", "task.modified", "task.removed"]


def test_a_created_task_is_posted_signed_and_recorded(cloud):
    with Inbox(answer=b"thanks, " + TOKEN.encode(), status=200) as inbox:
        secret = subscribe(inbox.url + "?x=1").secret
        task_id = lifecycle.create_task({"title": "A title"})

        answer = cloud.pump()

    [received], [row] = inbox.received, all_rows()
    assert answer == {"batchItemFailures": []}
    assert (received.path, received.headers["X-Taskhook-Event"]) == (
        f"/?x=1&token={TOKEN}",
        "task.created",
    )
    assert received.headers["Content-Type"] == "application/json"
    assert (
        received.headers["X-Taskhook-Attempt"] == received.headers["X-Taskhook-Task-Version"] == "1"
    )
    assert Webhook(secret).verify(received.body, dict(received.headers))["task_id"] == task_id
    assert (row.event_id, row.status, row.due_at) == (
        received.headers["webhook-id"],
        "delivered",
        None,
    )
    assert bodies.body_of(row) == received.body.decode()
    [attempt] = row.attempts
    assert (attempt["number"], attempt["status"], attempt["answer"]) == (1, 200, "thanks, [token]")
    assert row.expires_at == int(row.created_at) + 2592000


def test_each_change_of_a_task_arrives_in_its_order(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        task_id = lifecycle.create_task({"title": "one"})
        lifecycle.update_task(task_id, {"title": "two"})
        moving.move_task(task_id, 2, 1)
        lifecycle.close_task(task_id)
        lifecycle.reopen_task(task_id)
        removal.remove_task(task_id)

        cloud.pump()

    seen = [
        (r.headers["X-Taskhook-Event"], r.headers["X-Taskhook-Task-Version"])
        for r in inbox.received
    ]
    changed = [json.loads(r.body).get("changes", {}) for r in inbox.received]
    assert seen == list(
        zip(["task.created", *["task.modified"] * 4, "task.removed"], "123456", strict=True)
    )
    assert changed[1]["title"] == ["one", "two"]
    assert changed[2]["column_id"] == [1, 2]
    assert (changed[3]["is_active"], changed[4]["is_active"]) == ([1, 0], [0, 1])


def test_an_edit_of_the_row_by_hand_is_heard(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        task_id = lifecycle.create_task({"title": "one"})
        for name, value in (("title", {"S": "by hand"}), ("note", {"S": "shown nowhere"})):
            client_of("dynamodb").update_item(
                TableName="taskhook-dev-tasks",
                Key={"task_id": {"N": str(task_id)}},
                UpdateExpression="SET #name = :value",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={":value": value},
            )

        cloud.pump()

    assert [r.headers["X-Taskhook-Event"] for r in inbox.received] == [
        "task.created",
        "task.modified",
    ]
    assert json.loads(inbox.received[1].body)["changes"] == {"title": ["one", "by hand"]}
    assert inbox.received[1].headers["X-Taskhook-Task-Version"] == "2"


def test_a_repeated_stream_record_posts_with_the_same_id(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "one"})
        records = cloud.records()

        dispatch(records)
        dispatch(records)

    first, again = inbox.received
    assert (
        first.headers["webhook-id"] == again.headers["webhook-id"] == f"evt_{records[0]['eventID']}"
    )
    assert len(all_rows()) == 1


@pytest.mark.parametrize("seconds", [dispatching.REPEATED_AFTER + 1, 3600])
def test_old_changes_whose_delivery_is_recorded_are_not_posted_again(cloud, seconds):
    with Inbox() as inbox:
        subscribe(inbox.url)
        task_id = lifecycle.create_task({"title": "one"})
        told = cloud.records()
        dispatch(told)
        lifecycle.close_task(task_id)
        untold = cloud.records()
        for record in told + untold:
            record["dynamodb"]["ApproximateCreationDateTime"] -= seconds

        dispatch(told + untold)

    assert [r.headers["X-Taskhook-Task-Version"] for r in inbox.received] == ["1", "2"]
    assert [row.status for row in all_rows()] == ["delivered", "delivered"]


def test_endpoints_are_called_side_by_side(cloud):
    """Two receivers that each answer only when the other has been called."""
    with Inbox() as one, Inbox() as other:
        one.before_answer = lambda: other.wait_for(1, timeout=0.8)
        other.before_answer = lambda: one.wait_for(1, timeout=0.8)
        subscribe(one.url, "one")
        subscribe(other.url, "other")
        lifecycle.create_task({"title": "x"})

        cloud.pump()

    assert [row.status for row in all_rows()] == ["delivered", "delivered"]


def test_a_row_with_id_and_url_alone_is_an_endpoint_with_a_secret_made_on_first_use(cloud):
    with Inbox() as inbox:
        Endpoint("ci", url=inbox.url).save()
        task_id = lifecycle.create_task({"title": "x"})
        removal.remove_task(task_id)

        cloud.pump()

    secret = Endpoint.get("ci").secret
    [received] = inbox.received  # an endpoint that says nothing hears of the two seed events
    assert Webhook(secret).verify(received.body, dict(received.headers))


def test_both_secrets_sign_while_one_is_being_rotated(cloud):
    with Inbox() as inbox:
        old = subscribe(inbox.url).secret
        new = endpoints.rotate_secret("ci")
        lifecycle.create_task({"title": "x"})

        cloud.pump()

    [received] = inbox.received
    assert len(received.headers["webhook-signature"].split(" ")) == 2
    for secret in (old, new):
        assert Webhook(secret).verify(received.body, dict(received.headers))


def test_the_other_formats_wrap_the_task(cloud):
    with Inbox() as standard, Inbox() as cloudevents:
        subscribe(standard.url, "a", body_format="standard")
        subscribe(cloudevents.url, "b", body_format="cloudevents")
        task_id = lifecycle.create_task({"title": "x"})

        cloud.pump()

    body = json.loads(standard.received[0].body)
    received = cloudevents.received[0]
    event = from_structured_event(HTTPMessage(dict(received.headers), received.body))
    assert (list(body), body["type"], body["data"]["task_id"]) == (
        ["type", "timestamp", "author", "data"],
        "task.created",
        task_id,
    )
    assert received.headers["Content-Type"] == "application/cloudevents+json"
    assert (event.get_type(), event.get_id(), event.get_data()) == (
        "task.created",
        received.headers["webhook-id"],
        body["data"],
    )


def test_a_broken_row_stops_nothing_else(cloud):
    with Inbox() as inbox:
        Endpoint("a-broken-one", url="ftp://example.com/").save()
        client_of("dynamodb").put_item(
            TableName="taskhook-dev-endpoints",
            Item={"id": {"S": "b"}, "url": {"L": []}, "is_active": {"S": "no"}},
        )
        subscribe(inbox.url, "well")
        lifecycle.create_task({"title": "x"})

        cloud.pump()

    broken = {listed.endpoint.id: listed.broken for listed in endpoints.list_endpoints()}
    assert [row.endpoint_id for row in all_rows()] == ["well"]
    assert broken["a-broken-one"] == "url: must begin with http:// or https://"
    assert str(broken["b"]).startswith("cannot be read: ")
    assert broken["well"] is None


@pytest.mark.parametrize(
    "poison",
    [
        {"eventID": "e", "dynamodb": {}},
        {
            "eventID": "e",
            "dynamodb": {
                "SequenceNumber": "1",
                "ApproximateCreationDateTime": 1,
                "NewImage": {"a": {"X": 1}},
            },
        },
        {
            "eventID": "e",
            "dynamodb": {
                "SequenceNumber": "1",
                "ApproximateCreationDateTime": 1,
                "NewImage": {"a": {"S": "b"}},
            },
        },
    ],
    ids=["no change", "unknown type", "no task_id"],
)
def test_a_record_that_cannot_be_used_is_set_aside(cloud, poison):
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})

        answer = dispatch([poison, *cloud.records()])

    assert (answer, len(inbox.received)) == ({"batchItemFailures": []}, 1)


def test_where_the_store_is_gone_the_batch_is_asked_for_again(cloud):
    lifecycle.create_task({"title": "x"})
    records = cloud.records()
    Endpoint.delete_table()

    answer = dispatch(records)

    assert answer == {
        "batchItemFailures": [{"itemIdentifier": records[0]["dynamodb"]["SequenceNumber"]}]
    }


def test_a_token_that_is_escaped_in_the_url_is_redacted_too(bare_cloud):
    first_start.bootstrap("a+b/c=")
    with Inbox(status=302, answer_headers={"Location": "/x?token=a%2Bb%2Fc%3D"}) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})

        bare_cloud.pump()

    assert all_rows()[0].outcome == "a redirect to /x?token=[token]: redirects are not followed"


@pytest.mark.parametrize(
    ("status", "stands", "outcome"),
    [
        (204, "delivered", "204"),
        (500, "failed", "given up: the event is too large to be kept for a retry"),
    ],
)
def test_a_body_that_the_store_cannot_keep_blocks_nothing(cloud, status, stands, outcome):
    printable = [chr(code) for code in range(35, 127)]
    long_texts = ["".join(random.choices(printable, k=200_000)) for _ in range(2)]
    with Inbox(status=status) as inbox:
        task_id = lifecycle.create_task({"title": "x", "description": long_texts[0]})
        lifecycle.update_task(task_id, {"description": long_texts[1]})
        _, modified = cloud.records()
        subscribe(inbox.url)

        answer = dispatch([modified])

    [received], [row] = inbox.received, all_rows()
    assert answer == {"batchItemFailures": []}
    assert json.loads(received.body)["changes"]["description"] == long_texts
    assert (row.status, row.outcome, row.due_at, row.body) == (stands, outcome, None, "null")


@pytest.mark.usefixtures("cloud")
def test_an_endpoint_that_was_removed_meanwhile_does_not_come_back():
    endpoint = Endpoint("ci", url="http://127.0.0.1:9/")

    with pytest.raises(StoreUnavailable):
        signing.secrets_of(endpoint)

    assert list(Endpoint.scan()) == []
