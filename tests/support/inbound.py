"""What a source's sender sends, over the same way as API Gateway, and what came of it."""

import json
from typing import Any

from chalicelib.adapters.dynamodb.tables import Link, Payload, Task
from chalicelib.services.sources import sources
from tests.support.http_calls import Answer, call

SECRET = "a-secret-of-a-source"


def add_source(source_id: str = "ci", **fields: Any) -> str:
    """Add a source whose secret is known, and return its id."""
    return sources.add_source({"id": source_id, "secret": SECRET, **fields}).id


def send(
    payload: Any,
    source_id: str = "ci",
    *,
    query: str = f"token={SECRET}",
    headers: dict[str, str] | None = None,
    method: str = "POST",
    **more: Any,
) -> Answer:
    """Send a payload to a source as its sender does; bytes and texts go as they are."""
    body = payload if isinstance(payload, (bytes, str)) else json.dumps(payload)
    given = {"content-type": "application/json", **(headers or {})}
    where: Any = {
        "path": f"/in/{source_id}",
        "route": "/in/{source_id}",
        "named": {"source_id": source_id},
    }
    return call(query, method=method, headers=given, body=body, **where, **more)


def came_of(answer: Answer) -> dict[str, Any]:
    """Return what a sender was answered, which must be 200."""
    assert answer.status == 200, answer
    return json.loads(answer.text)


def outcome(
    created: Any = (), changed: Any = (), closed: Any = (), ignored: int = 0, failed: Any = ()
) -> dict[str, Any]:
    """Return an answer with these numbers and reasons."""
    lists = {"created": created, "changed": changed, "closed": closed}
    return {name: list(ids) for name, ids in lists.items()} | {
        "ignored": ignored,
        "failed": list(failed),
    }


def tasks() -> list[Task]:
    """Return all tasks by their number."""
    return sorted(Task.scan(), key=lambda task: task.task_id)


def payloads() -> list[Payload]:
    """Return what is kept of payloads, in the order in which they came."""
    return sorted(Payload.scan(), key=lambda payload: payload.received_at)


def links() -> list[Link]:
    """Return which tasks stand for keys."""
    return list(Link.scan(Link.id.startswith("link:")))
