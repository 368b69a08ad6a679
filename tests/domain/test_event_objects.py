"""The event that formats, filters and templates see: its shape, its names, and what a row keeps."""

import json
from typing import ClassVar

import pytest

from chalicelib.domain.event_objects import KEYS, Person, object_of, pack, ping_of, unpack
from chalicelib.domain.events import FIELDS, event_of
from tests.support.names import NoNames

HAPPENED_AT = 1_700_000_000
ROW = {
    "task_id": 42,
    "title": "Größe",
    "project_id": 3,
    "column_id": 5,
    "owner_id": 7,
    "category_id": 9,
    "position": 44040192,
    "rank": 44040192,
    "date_creation": HAPPENED_AT,
    "changed_by": 8,
    "tags": [12, 11],
}
DATA = FIELDS | {
    "task_id": 42,
    "title": "Größe",
    "project_id": 3,
    "column_id": 5,
    "owner_id": 7,
    "category_id": 9,
    "position": 44040192,
    "date_creation": HAPPENED_AT,
}
NOTHING = dict.fromkeys(("comment", "endpoint", "delivery"))


class Known:
    """Knows a few names."""

    parts: ClassVar = {
        ("columns", 3, 5): "Ready",
        ("categories", 3, 9): "Bugs",
        ("tags", 3, 11): "blue",
        ("tags", 3, 12): "amber",
    }
    people: ClassVar = {7: Person("Ada Lovelace", "ada"), 8: Person("bob", "bob")}

    def project(self, project_id):
        return {3: "Website"}.get(project_id)

    def part(self, kind, project_id, part_id):
        return self.parts.get((kind, project_id, part_id))

    def user(self, user_id):
        return self.people.get(user_id)

    def task_url(self, task_id):
        return f"https://tasks.example.com/tasks/{task_id}"


def described(before, after, names=None):
    event = event_of("7f", before, after, HAPPENED_AT)
    assert event is not None
    return object_of(event, names or Known())


def test_an_event_has_exactly_these_keys_with_the_names_of_what_the_task_points_to():
    assert described(None, ROW) == {
        "id": "evt_7f",
        "type": "task.created",
        "timestamp": "2023-11-14T22:13:20Z",
        "author": {"id": 8, "name": "bob"},
        "data": DATA,
        "changes": {},
        "project": {"id": 3, "name": "Website"},
        "column": {"id": 5, "name": "Ready"},
        "owner": {"id": 7, "name": "Ada Lovelace", "username": "ada"},
        "category": {"id": 9, "name": "Bugs"},
        "tags": ["amber", "blue"],
        "url": "https://tasks.example.com/tasks/42",
        **NOTHING,
    }


def test_what_a_task_does_not_have_is_null():
    event = described(None, {"task_id": 42, "rank": 1}, NoNames())

    assert {name: event[name] for name in KEYS[6:]} == {
        **dict.fromkeys(("project", "column", "owner", "category", "url")),
        "tags": [],
        **NOTHING,
    }


def test_of_what_was_removed_the_id_stays_and_the_name_is_null():
    event = described(None, ROW, NoNames())

    assert {name: event[name] for name in ("author", "project", "column", "owner", "tags")} == {
        "author": {"id": 8, "name": None},
        "project": {"id": 3, "name": None},
        "column": {"id": 5, "name": None},
        "owner": {"id": 7, "name": None, "username": None},
        "tags": [],
    }


@pytest.mark.parametrize(
    ("before", "after", "author"),
    [
        (None, ROW | {"changed_by": None}, {"id": 0, "name": "application"}),
        (None, ROW | {"source": "ci"}, {"id": 0, "name": "source: ci"}),
        (ROW, ROW | {"title": "by hand"}, {"id": 0, "name": "console"}),
    ],
)
def test_who_is_no_user_has_the_id_0_and_a_name(before, after, author):
    assert described(before, after)["author"] == author


@pytest.mark.parametrize(("before", "after"), [(None, ROW), (ROW, None)])
def test_the_task_of_an_event_has_all_fields_whatever_its_type(before, after):
    assert described(before, after)["data"] == DATA


def test_a_removed_task_has_no_page():
    assert described(ROW, None)["url"] is None


CHANGED = ROW | {"title": "x", "owner_id": 0, "version": 2}


@pytest.mark.parametrize(
    "event",
    [
        described(None, ROW),
        described(ROW, CHANGED),
        described(ROW, None),
        described(None, {"task_id": 42}, NoNames()),
        ping_of("evt_1", HAPPENED_AT, "ci"),
    ],
    ids=["created", "modified", "removed", "empty", "ping"],
)
def test_an_event_comes_out_of_a_row_as_it_went_in(event):
    again = unpack(pack(event), event["id"], event["type"])

    assert (again, list(again)) == (event, list(KEYS))


def test_a_row_keeps_neither_nulls_nor_defaults_nor_a_value_twice():
    event = described(ROW, CHANGED)

    assert json.loads(pack(event)) == {
        "timestamp": "2023-11-14T22:13:20Z",
        "author": {"id": 8, "name": "bob"},
        "data": {
            "task_id": 42,
            "title": "x",
            "project_id": 3,
            "category_id": 9,
            "column_id": 5,
            "date_creation": HAPPENED_AT,
            "position": 44040192,
        },
        "changes": {"title": ["Größe"], "owner_id": [7]},
        "project": {"id": 3, "name": "Website"},
        "column": {"id": 5, "name": "Ready"},
        "category": {"id": 9, "name": "Bugs"},
        "tags": ["amber", "blue"],
        "url": "https://tasks.example.com/tasks/42",
    }
