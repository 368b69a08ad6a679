"""Which event a change of a row means, and its body in each format."""

import json
from decimal import Decimal

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from cloudevents.core.formats.json import JSONFormat

from chalicelib.domain import formats
from chalicelib.domain.event_objects import object_of
from chalicelib.domain.events import Event, event_of
from tests.support.names import NoNames

HAPPENED_AT = 1_700_000_000
ROW = {
    "version": Decimal(1),
    "task_id": Decimal(42),
    "title": "Größe",
    "description": "",
    "project_id": Decimal(1),
    "owner_id": Decimal(0),
    "category_id": Decimal(0),
    "column_id": Decimal(2),
    "color_id": "blue",
    "score": Decimal(0),
    "date_due": Decimal(0),
    "creator_id": Decimal(0),
    "date_creation": Decimal(1_699_999_999),
    "date_modification": Decimal(0),
    "date_completed": Decimal(0),
    "position": Decimal(44040192),
    "is_active": Decimal(1),
    "rank": Decimal(44040192),
}
TASK = {
    "task_id": 42,
    "title": "Größe",
    "description": "",
    "project_id": 1,
    "owner_id": 0,
    "category_id": 0,
    "column_id": 2,
    "color_id": "blue",
    "score": 0,
    "date_due": 0,
    "creator_id": 0,
    "date_creation": 1_699_999_999,
    "position": 44040192,
}
DATA = TASK | {"date_modification": 0, "is_active": 1, "date_completed": 0}


def body_of(event, body_format):
    """Return the body of an event of which no name is known."""
    return formats.body_of(object_of(event, NoNames()), body_format)


def test_a_new_row_means_a_created_task():
    assert event_of("7f", None, ROW, HAPPENED_AT) == Event(
        "evt_7f", "task.created", 42, 1, HAPPENED_AT, DATA, {}
    )


def test_a_row_that_is_gone_means_a_removed_task():
    event = event_of("7f", ROW, None, HAPPENED_AT)

    assert event == Event("evt_7f", "task.removed", 42, 2, HAPPENED_AT, DATA, {})


def test_a_changed_row_means_a_modified_task_with_what_changed():
    after = ROW | {
        "title": "New",
        "owner_id": Decimal(3),
        "date_modification": Decimal(HAPPENED_AT),
    }

    event = event_of("7f", ROW, after | {"version": Decimal(2)}, HAPPENED_AT)

    assert event is not None
    assert (event.type, event.task_version) == ("task.modified", 2)
    assert event.data == DATA | {
        "title": "New",
        "owner_id": 3,
        "date_modification": HAPPENED_AT,
    }
    assert event.changes == {
        "title": ["Größe", "New"],
        "owner_id": [0, 3],
        "date_modification": [0, HAPPENED_AT],
    }


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"version": Decimal(9)},
        {"a_note_of_the_console": "x"},
        {"score": Decimal("0.0")},
        {"description": None},
    ],
)
def test_a_write_that_changes_no_shown_field_means_nothing(change):
    assert event_of("7f", ROW, ROW | change, HAPPENED_AT) is None


def test_two_empty_images_mean_nothing():
    assert event_of("7f", None, None, HAPPENED_AT) is None


def test_a_row_of_the_console_may_lack_all_but_its_id():
    event = event_of("7f", None, {"task_id": Decimal(5)}, HAPPENED_AT)

    assert event is not None
    assert list(event.data) == list(DATA)
    assert event.data == dict.fromkeys(DATA, 0) | {
        "task_id": 5,
        "title": "",
        "description": "",
        "color_id": "blue",
        "is_active": 1,
    }


def test_an_edit_that_does_not_count_itself_is_counted():
    event = event_of(
        "7f",
        ROW | {"version": Decimal(6)},
        ROW | {"version": Decimal(6), "title": "x"},
        HAPPENED_AT,
    )

    assert event is not None
    assert event.task_version == 7


@pytest.mark.parametrize(
    ("spoilt", "version", "changes"),
    [({"score": "high"}, 2, {"score": [0, 5]}), ({"version": "x"}, 2, {"score": [0, 5]})],
    ids=["a field", "the version"],
)
def test_what_could_not_be_shown_before_it_was_mended_held_nothing(spoilt, version, changes):
    event = event_of("7f", ROW | spoilt, ROW | {"score": Decimal(5)}, HAPPENED_AT)

    assert event is not None
    assert (event.task_version, event.changes) == (version, changes)


@pytest.mark.parametrize(
    ("row", "error"), [({"title": "x"}, KeyError), ({"task_id": 1, "score": "high"}, ValueError)]
)
def test_a_row_that_no_body_can_show_is_an_error(row, error):
    with pytest.raises(error):
        event_of("7f", None, row, HAPPENED_AT)


BY_ADA = {"changed_by": Decimal(7)}


@pytest.mark.parametrize(
    ("before", "after", "author"),
    [
        (None, ROW, "application"),
        (None, ROW | BY_ADA, 7),
        (None, ROW | {"changed_by": Decimal(0)}, "application"),
        (ROW, ROW | BY_ADA | {"version": Decimal(2), "title": "x"}, 7),
        (ROW | BY_ADA, ROW | {"version": Decimal(2), "title": "x"}, "application"),
        (None, {"task_id": Decimal(5)}, "console"),
        (ROW | BY_ADA, ROW | BY_ADA | {"title": "by hand"}, "console"),
        (ROW | {"removed_by": Decimal(7)}, None, 7),
        (ROW | BY_ADA, None, "application"),
    ],
    ids=[
        "created by the application",
        "created by a user",
        "created by user 0",
        "changed by a user",
        "changed by the application after a user",
        "created by hand",
        "changed by hand after a user",
        "removed by a user",
        "removed by the application after a user's change",
    ],
)
def test_the_author_is_the_user_who_did_it_the_application_or_the_console(before, after, author):
    event = event_of("7f", before, after, HAPPENED_AT)

    assert event is not None
    assert event.author == author


@pytest.mark.parametrize("body_format", ["standard", "cloudevents"])
def test_the_formats_with_an_envelope_call_an_edit_in_the_console_the_applications(body_format):
    event = event_of("7f", ROW, ROW | {"title": "by hand"}, HAPPENED_AT)

    assert event is not None
    assert json.loads(body_of(event, body_format))["author"] == "application"


@pytest.mark.parametrize("body_format", ["standard", "cloudevents"])
def test_the_formats_with_an_envelope_name_the_author(body_format):
    event = event_of("7f", None, ROW | BY_ADA, HAPPENED_AT)

    assert event is not None
    body = json.loads(body_of(event, body_format))
    assert (body["author"], body["data"]) == (7, TASK)


def test_the_name_of_who_is_about_to_remove_a_task_means_nothing_yet():
    assert event_of("7f", ROW, ROW | {"removed_by": Decimal(7)}, HAPPENED_AT) is None


def test_the_kanboard_body_of_a_created_task_is_flat_and_in_order():
    event = event_of("7f", None, ROW, HAPPENED_AT)

    assert event is not None
    assert body_of(event, "kanboard") == (
        '{"task_id":42,"title":"Größe","description":"","project_id":1,"owner_id":0,"category_id":0,'
        '"column_id":2,"color_id":"blue","score":0,"date_due":0,"creator_id":0,"date_creation":1699999999,'
        '"position":44040192}'
    )


def test_the_kanboard_body_of_a_modified_task_ends_with_the_four_more_keys():
    event = event_of(
        "7f",
        ROW,
        ROW | {"is_active": Decimal(0), "date_completed": Decimal(HAPPENED_AT)},
        HAPPENED_AT,
    )

    assert event is not None
    assert list(json.loads(body_of(event, "kanboard"))) == [
        *TASK,
        "date_modification",
        "is_active",
        "date_completed",
        "changes",
    ]


def test_the_standard_body_wraps_the_task():
    event = event_of("7f", None, ROW, HAPPENED_AT)

    assert event is not None
    body = json.loads(body_of(event, "standard"))
    assert list(body) == ["type", "timestamp", "author", "data"]
    assert body == {
        "type": "task.created",
        "timestamp": "2023-11-14T22:13:20Z",
        "author": "application",
        "data": TASK,
    }


def test_the_cloudevents_body_is_read_by_their_own_sdk():
    event = event_of("7f", None, ROW, HAPPENED_AT)

    assert event is not None
    message = HTTPMessage(
        {"content-type": formats.content_type("cloudevents")},
        body_of(event, "cloudevents").encode(),
    )
    read = from_structured_event(message, JSONFormat())
    assert read.get_specversion() == "1.0"
    assert (read.get_id(), read.get_type(), read.get_source()) == (
        "evt_7f",
        "task.created",
        "/taskhook/tasks",
    )
    assert (read.get_subject(), read.get_datacontenttype()) == ("42", "application/json")
    assert (happened := read.get_time()) is not None
    assert happened.timestamp() == HAPPENED_AT
    assert read.get_data() == TASK


def test_each_format_has_its_media_type():
    media_types = {name: formats.content_type(name) for name in formats.FORMATS}

    assert media_types.pop("cloudevents") == "application/cloudevents+json"
    assert media_types.pop("kanboard-events") == "application/json"
    assert set(media_types.values()) == {"application/json"}
