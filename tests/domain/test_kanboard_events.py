"""Events as Kanboard of today sends them, field by field as recorded from a running one."""

from typing import Any

import pytest

from chalicelib.domain import kanboard_events
from tests.support.event_objects import LATER, PRINTER, comment_event, task_event

TASK: dict[str, Any] = {
    "id": 7,
    "title": "Printer",
    "description": "",
    "date_creation": 1796017911,
    "color_id": "red",
    "project_id": 1,
    "column_id": 3,
    "owner_id": 2,
    "position": 1048576,
    "is_active": 1,
    "date_completed": None,
    "score": 0,
    "date_due": 1799143200,
    "category_id": 0,
    "creator_id": 4,
    "date_modification": 1796017911,
    "reference": "",
    "date_started": 0,
    "time_spent": None,
    "time_estimated": None,
    "swimlane_id": 1,
    "date_moved": 1796017911,
    "recurrence_status": 0,
    "recurrence_trigger": 0,
    "recurrence_factor": 0,
    "recurrence_timeframe": 0,
    "recurrence_basedate": 0,
    "recurrence_parent": None,
    "recurrence_child": None,
    "priority": 0,
    "external_provider": None,
    "external_uri": None,
    "category_name": None,
    "swimlane_name": "Default swimlane",
    "project_name": "Shop",
    "column_title": "Ready",
    "assignee_username": "ada",
    "assignee_name": "Ada Example",
    "creator_username": "bo",
    "creator_name": "Bo Example",
    "category_description": None,
    "column_position": 2,
}
"""The keys are Kanboard's, in Kanboard's order."""

KNOWN: dict[str, Any] = {
    "author_username": "bo",
    "creator_username": "bo",
    "creator_name": "Bo Example",
    "column_position": 2,
}


def written(event: dict[str, Any], **more: Any) -> dict[str, Any]:
    return kanboard_events.write(event, {**KNOWN, **more})


def data_of(event: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return what an event's data says beside the task."""
    data: dict[str, Any] = written(event, **more)["event_data"]
    return {name: value for name, value in data.items() if name != "task"}


def test_a_new_task_is_sent_whole():
    body = written(task_event())

    assert body == {
        "event_name": "task.create",
        "event_data": {"task_id": 7, "task": TASK},
        "event_author": "bo",
    }
    assert list(body["event_data"]["task"]) == list(TASK)


def test_nobody_and_none_are_null():
    event = task_event(data={"owner_id": 0, "creator_id": 0, "column_id": 9})
    event |= {"owner": None, "column": None, "project": None}

    body = kanboard_events.write(event, {})

    names = ["project_name", "column_title", "assignee_username", "assignee_name"]
    names += ["creator_username", "creator_name", "column_position"]
    assert {name: body["event_data"]["task"][name] for name in names} == dict.fromkeys(names)
    assert body["event_author"] is None


def test_a_user_without_a_name_has_none_in_kanboard():
    event = comment_event("comment.created")
    event["owner"]["name"] = "ada"
    event["comment"]["author"]["name"] = "bo"

    data = written(event, comment_username="bo")["event_data"]

    assert (data["task"]["assignee_username"], data["task"]["assignee_name"]) == ("ada", None)
    assert (data["comment"]["username"], data["comment"]["name"]) == ("bo", None)


def test_a_comment_of_the_application_has_no_user():
    event = comment_event("comment.created")
    event["comment"]["author"] = {"id": 0, "name": "application"}

    comment = written(event)["event_data"]["comment"]

    assert (comment["user_id"], comment["username"], comment["name"]) == (0, None, None)


def test_what_the_event_does_not_hold_is_taken_from_beside_it():
    more = {"reference": "R-1", "priority": 3, "date_started": 5, "date_moved": LATER}

    task = written(task_event(), **more)["event_data"]["task"]

    assert {name: task[name] for name in more} == more


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"title": ["a", "b"]}, "task.update"),
        ({"color_id": ["blue", "red"], "description": ["", "x"]}, "task.update"),
        ({"owner_id": [2, 0]}, "task.assignee_change"),
        ({"owner_id": [2, 0], "date_modification": [1, 2]}, "task.assignee_change"),
        ({"owner_id": [0, 2], "title": ["a", "b"]}, "task.update"),
        ({"position": [1, 2]}, "task.move.position"),
        ({"position": [1, 2], "date_modification": [1, 2]}, "task.move.position"),
        ({"position": [1, 2], "title": ["a", "b"]}, "task.update"),
        ({"column_id": [1, 3]}, "task.move.column"),
        ({"column_id": [1, 3], "position": [1, 2], "owner_id": [0, 2]}, "task.move.column"),
        ({"column_id": [1, 3], "is_active": [1, 0]}, "task.move.column"),
        ({"project_id": [2, 1], "column_id": [9, 3], "title": ["a", "b"]}, "task.move.project"),
        ({"is_active": [1, 0], "date_completed": [0, LATER]}, "task.close"),
        ({"is_active": [0, 1], "date_completed": [LATER, 0]}, "task.open"),
        ({"is_active": [1, 0], "title": ["a", "b"]}, "task.close"),
    ],
    ids=str,
)
def test_one_change_has_one_name(changes, name):
    assert kanboard_events.event_name(task_event("task.modified", changes=changes)) == name


@pytest.mark.parametrize(
    ("event", "name"),
    [
        (task_event("task.created"), "task.create"),
        (task_event("task.removed"), "task.remove"),
        (task_event("task.closed"), "task.close"),
        (task_event("task.reopened"), "task.open"),
        (task_event("task.assigned", changes={"owner_id": [0, 2]}), "task.assignee_change"),
        (task_event("task.moved", changes={"column_id": [1, 3]}), "task.move.column"),
        (task_event("task.moved", changes={"project_id": [2, 1]}), "task.move.project"),
        (task_event("task.modified"), "task.update"),  # its tags alone
        (comment_event("comment.created"), "comment.create"),
        (comment_event("comment.modified"), "comment.update"),
        (comment_event("comment.removed"), "comment.delete"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_event_has_kanboards_name(event, name):
    assert written(event)["event_name"] == name


def test_an_update_holds_the_new_values_alone():
    changes = {"title": ["Fax", "Printer"], "owner_id": [0, 2], "date_modification": [1, LATER]}

    assert data_of(task_event("task.modified", changes=changes)) == {
        "task_id": 7,
        "changes": {"title": "Printer", "owner_id": 2},
    }


@pytest.mark.parametrize("event_type", ["task.modified", "task.closed"])
def test_closing_holds_no_changes(event_type):
    changes = {"is_active": [1, 0], "date_completed": [0, LATER]}

    assert data_of(task_event(event_type, changes=changes)) == {"task_id": 7}


def test_a_move_to_another_project_holds_an_empty_list():
    changes = {"project_id": [2, 1], "column_id": [9, 3]}

    assert data_of(task_event("task.modified", changes=changes)) == {"task_id": 7, "changes": []}


MOVED_TO = {"project_id": 1, "position": 1048576, "column_id": 3, "swimlane_id": 1}
NO_RECURRENCE = {"recurrence_status": 0, "recurrence_trigger": 0}


def test_a_move_to_another_column_says_from_where_and_when_it_was_moved_before():
    event = task_event("task.modified", changes={"column_id": [1, 3], "position": [5, 1048576]})

    assert data_of(event, date_moved=LATER, moved_before=1796017912) == {
        "task_id": 7,
        "changes": {"src_column_id": 1, "dst_column_id": 3, "date_moved": 1796017912},
        **MOVED_TO,
        "src_column_id": 1,
        "dst_column_id": 3,
        "date_moved": 1796017912,
        **NO_RECURRENCE,
    }


def test_a_move_within_a_column_says_the_column_twice():
    event = task_event("task.modified", changes={"position": [5, 1048576]})

    assert data_of(event) == {
        "task_id": 7,
        "changes": {"src_column_id": 3, "dst_column_id": 3},
        **MOVED_TO,
        "src_column_id": 3,
        "dst_column_id": 3,
        "date_moved": PRINTER["date_creation"],
        **NO_RECURRENCE,
    }


def test_a_comment_is_sent_with_its_task_and_without_the_tasks_id():
    body = written(comment_event("comment.created"), comment_username="bo")

    assert body["event_data"] == {
        "comment": {
            "id": 7340033,
            "task_id": 7,
            "user_id": 4,
            "date_creation": LATER,
            "date_modification": LATER,
            "comment": "It beeps",
            "reference": "",
            "visibility": "app-user",
            "username": "bo",
            "name": "Bo Example",
            "email": "",
            "avatar_path": None,
        },
        "task": TASK,
    }


# What public receivers of Kanboard's webhooks read, as they stand in their repositories. Each body
# that they handle must have these, of these types.

READ_BY_ALL = {"event_name": str, "event_data": dict}

READERS: dict[str, list[tuple[dict[str, Any], dict[str, type]]]] = {
    # A Flask application that moves tasks through a test pipeline and tells Mattermost.
    "a pipeline controller": [
        (
            task_event("task.modified", changes={"column_id": [1, 3]}),
            {
                "task_id": int,
                **dict.fromkeys(("task.project_id", "task.owner_id", "task.position"), int),
                **dict.fromkeys(("task.category_id", "task.creator_id", "task.swimlane_id"), int),
                **dict.fromkeys(("changes.src_column_id", "changes.dst_column_id"), int),
                **dict.fromkeys(("task.project_name", "task.column_title", "task.title"), str),
                "task.description": str,
            },
        ),
    ],
    # A Discord bot that keeps a table of tasks: it finds them by reference.
    "a table of tasks in Discord": [
        (
            event,
            dict.fromkeys(("task.project_id", "task.column_id", "task.swimlane_id"), int)
            | {"task.id": int, "task.reference": str},
        )
        for event in (task_event("task.closed"), task_event("task.reopened"), task_event())
    ],
    # A Go service for Matrix rooms: it decodes into structs of int and string.
    "a bot in Matrix": [
        (
            comment_event("comment.created"),
            {
                **dict.fromkeys(("comment.id", "comment.task_id", "comment.user_id"), int),
                **dict.fromkeys(("comment.comment", "comment.username", "comment.name"), str),
                **dict.fromkeys(("task.id", "task.project_id"), int),
                "task.title": str,
            },
        ),
        (
            task_event(),
            {
                **dict.fromkeys(("task.id", "task.project_id", "task.date_creation"), int),
                **dict.fromkeys(("task.date_due", "task_id"), int),
                **dict.fromkeys(("task.reference", "task.title", "task.description"), str),
                **dict.fromkeys(("task.swimlane_name", "task.project_name"), str),
                **dict.fromkeys(("task.column_title", "task.assignee_username"), str),
                **dict.fromkeys(("task.assignee_name", "task.creator_username"), str),
            },
        ),
    ],
    # A bridge that reads pushes from the board for coding agents.
    "a bridge to agents": [
        (
            task_event("task.modified", changes={"owner_id": [0, 2]}),
            {"task.id": int, "task.owner_id": int, "task.assignee_username": str},
        ),
        (comment_event("comment.modified"), {"comment.comment": str, "comment.username": str}),
        (task_event("task.modified", changes={"title": ["a", "b"]}), {"changes": dict}),
    ],
    # A Cloudflare worker that posts tasks of one column to Discord.
    "a worker for alerts": [
        (task_event(), {"task.column_id": int, "task.title": str, "task.description": str}),
    ],
    # A hub of chat bots that maps names of events to its own.
    "a hub of bots": [
        (task_event(event_type), {"task_id": int})
        for event_type in ("task.created", "task.closed", "task.reopened", "task.moved")
    ],
}


@pytest.mark.parametrize("reader", READERS)
def test_a_public_receiver_finds_what_it_reads(reader):
    for event, fields in READERS[reader]:
        body = written(event, comment_username="bo")

        assert {name: type(body[name]) for name in READ_BY_ALL} == READ_BY_ALL
        assert {path: type(found(body["event_data"], path)) for path in fields} == fields


def found(data: Any, path: str) -> Any:
    for name in path.split("."):
        data = data[name]
    return data
