"""What tests of deliveries share: an endpoint, its deliveries, and what its receiver saw."""

import json
import logging
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

from chalicelib.adapters import metrics
from chalicelib.adapters.dynamodb.batches import put_all
from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint, PastEvent
from chalicelib.config import CONFIG
from chalicelib.services.endpoints import endpoints
from chalicelib.services.tasks import lifecycle
from tests.support.cloud import Cloud, client_of, dispatch
from tests.support.receivers import Inbox

ALL = ["task.created", "task.modified", "task.removed"]
FINE: dict[str, list[dict[str, str]]] = {"batchItemFailures": []}


class Seen(NamedTuple):
    """What a receiver goes by."""

    id: str
    version: str


def subscribe(
    url: str,
    endpoint_id: str = "ci",
    *,
    event_types: Sequence[str] = ALL,
    body_format: str | None = None,
) -> Endpoint:
    """Add an endpoint, which subscribes to everything unless a test says otherwise."""
    return endpoints.add_endpoint(url, event_types, body_format, endpoint_id)


def all_rows() -> list[Any]:
    """Return the deliveries of all endpoints, the oldest first."""
    return sorted(Delivery.scan(), key=lambda row: row.created_at)


def rows(endpoint_id: str = "ci") -> list[Any]:
    """Return an endpoint's deliveries in event order; PynamoDB's types know no None in them."""
    return sorted(Delivery.scan(Delivery.endpoint_id == endpoint_id), key=lambda row: row.sequence)


def past_delivery(number: int, made_at: float, endpoint_id: str = "ci", **more: Any) -> Delivery:
    """Return the stored delivery of task `number`'s first event, once it has arrived."""
    told: dict[str, Any] = {
        "event_id": f"evt_{number}",
        "event_type": "task.created",
        "task_id": number,
        "task_version": 1,
    }
    sent = {
        "format": "kanboard",
        "body": '{"title": "x"}',
        "status": "delivered",
        "tries": 1,
        "took_ms": 20,
    }
    kept = {"created_at": made_at, "give_up_at": made_at, "expires_at": int(made_at)}
    key = {
        "ordering_key": f"{endpoint_id}.{number}",
        "sequence": str(number).zfill(40),
        "endpoint_id": endpoint_id,
    }
    return Delivery(**key | told | sent | kept | more)


def edit(table: str, key: dict[str, Any], **fields: Any) -> None:
    """Write fields of a row as the console does."""
    for name, value in fields.items():
        client_of("dynamodb").update_item(
            TableName=f"taskhook-dev-{table}",
            Key=key,
            UpdateExpression="SET #name = :value",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":value": value},
        )


def lay_down(
    count: int, endpoint_id: str = "ci", status: str = "delivered", start: float = 1000.0
) -> None:
    """Put deliveries of so many tasks into the table, one a second."""
    more = {"status": status, "give_up_at": 0, "expires_at": 0}
    numbers = range(1, count + 1)
    made = [past_delivery(number, start + number, endpoint_id, **more) for number in numbers]
    for begin in range(0, count, 25):
        put_all(made[begin : begin + 25])


def recorded_history(task_id: int) -> list[str]:
    """Return the types of the events in the history of a task, in order."""
    return [str(event.event_type) for event in PastEvent.query(task_id)]


def states(endpoint_id: str = "ci") -> list[str]:
    """Return how the deliveries to an endpoint stand, in the order of their events."""
    return [row.status for row in rows(endpoint_id)]


def seen(inbox: Inbox) -> list[Seen]:
    """Return what has arrived, in its order."""
    return [
        Seen(post.headers["webhook-id"], post.headers["X-Taskhook-Task-Version"])
        for post in list(inbox.received)
    ]


def versions(inbox: Inbox) -> str:
    """Return the versions of a task that have arrived, in their order."""
    return "".join(post.version for post in seen(inbox))


def task_of_version(version: int) -> int:
    """Create a task, give it new titles until its version is that, and return its id."""
    task_id = lifecycle.create_task({"title": "1"})
    for number in range(2, version + 1):
        lifecycle.update_task(task_id, {"title": str(number)})
    return task_id


def fail_first(cloud: Cloud, inbox: Inbox, count: int = 1) -> list[dict[str, Any]]:
    """Fail a task's first event with the others waiting behind; the receiver is well then.

    Returns the records, for a repeat.
    """
    inbox.status = 500
    task_of_version(count)
    records = cloud.records()
    dispatch(records)
    inbox.status = 204
    return records


def age(by: float, endpoint_id: str = "ci") -> None:
    """Let an endpoint have failed for so many seconds longer."""
    since = Endpoint.get(endpoint_id).failing_since or time.time()
    Endpoint(endpoint_id).update(actions=[Endpoint.failing_since.set(round(since - by, 3))])


def logged(caplog: pytest.LogCaptureFixture, event: str) -> list[dict[str, Any]]:
    """Return the fields of each log line of an event."""
    ours = (record for record in caplog.records if record.name == "chalicelib")
    return [_fields(record) for record in ours if record.message == event]


def metrics_told(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """Return the lines of metrics, without what they say of themselves."""
    lines = []
    for record in caplog.records:
        if record.name == metrics.__name__:
            line = _fields(record)
            del line["_aws"], line["Stack"]
            lines.append(line)
    return lines


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    usual = vars(logging.makeLogRecord({})).keys() | {"message", "asctime"}
    return {name: value for name, value in vars(record).items() if name not in usual}


def fail_changes(cloud: Cloud, inbox: Inbox, count: int = 3) -> None:
    """Create a task and have so many of its changes wait in order; the receiver is well then."""
    task_of_version(1)
    cloud.pump()
    inbox.status = 500
    for number in range(2, count + 2):
        lifecycle.update_task(1, {"title": str(number)})
    cloud.pump()
    inbox.status = 204


def retry_message(
    lane: str | None, endpoint_id: str = "ci", message_id: str = "a"
) -> dict[str, str]:
    """Return a message as Lambda hands it over."""
    return {"messageId": message_id, "body": json.dumps({"endpoint_id": endpoint_id, "lane": lane})}


def messages_left() -> int:
    """Return how many messages are still to come, those that are delayed among them."""
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
    asked = client_of("sqs").get_queue_attributes(
        QueueUrl=CONFIG.retry_queue_url, AttributeNames=counts
    )
    return sum(int(asked["Attributes"][name]) for name in counts)
