"""Events as formats see them, with made-up names."""

from typing import Any

KEYS = (
    *("id", "type", "timestamp", "author", "data", "changes", "project", "column", "owner"),
    *("category", "tags", "url", "comment", "endpoint", "delivery"),
)

PRINTER: dict[str, Any] = {
    "task_id": 7,
    "title": "Printer",
    "description": "",
    "project_id": 1,
    "owner_id": 2,
    "category_id": 0,
    "column_id": 3,
    "color_id": "red",
    "score": 0,
    "date_due": 1799143200,
    "creator_id": 4,
    "date_creation": 1796017911,
    "position": 1048576,
    "date_modification": 1796017911,
    "is_active": 1,
    "date_completed": 0,
}

LATER = 1796017914
"""When the printer is changed."""


def task_event(event_type: str = "task.created", **more: Any) -> dict[str, Any]:
    """Return an event about the printer; `data` replaces some of its fields."""
    data = {**PRINTER, **more.pop("data", {})}
    return _whole(
        type=event_type,
        author={"id": 4, "name": "Bo Example"},
        data=data,
        project={"id": 1, "name": "Shop"},
        column={"id": 3, "name": "Ready"},
        owner={"id": 2, "name": "Ada Example", "username": "ada"},
        url="https://tasks.example.com/tasks/7",
        **more,
    )


def comment_event(event_type: str, text: str = "It beeps") -> dict[str, Any]:
    """Return an event about a comment on the printer."""
    author = {"id": 4, "name": "Bo Example"}
    return task_event(event_type, comment={"id": 7 * 2**20 + 1, "text": text, "author": author})


def endpoint_event(event_type: str, **more: Any) -> dict[str, Any]:
    """Return an event about the endpoint `ci`."""
    endpoint = {"id": "ci", "name": None, "reason": None, "suspended_until": None}
    endpoint |= more.pop("endpoint", {})
    return _whole(type=event_type, endpoint=endpoint, **more)


def _whole(**known: Any) -> dict[str, Any]:
    given = {
        "id": "evt_1",
        "timestamp": "2026-11-30T05:51:54Z",
        "author": {"id": 0, "name": "application"},
        "changes": {},
        "tags": [],
        **known,
    }
    return {name: given.get(name) for name in KEYS}
