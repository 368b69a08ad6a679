"""Bad input is a clear refusal: the reason is said, nothing is stored, nobody hears of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.adapters.dynamodb.tables import Project, Task
from chalicelib.services.accounts import users
from chalicelib.services.projects import projects
from tests.support.http_calls import FORM, JSON, add, post_form, post_json

pytestmark = pytest.mark.usefixtures("cloud")

WHOLE = "takes a whole number, 0 or more"
COLORS = "takes one of yellow, blue, green, purple, red, orange, grey"
TOO_LONG = "is too long: a task takes at most 400 KB"


@pytest.fixture
def second_project(cloud):  # noqa: ARG001 -- it must be there first
    """A second project with columns 5 to 8, an inactive third one, and an inactive user."""
    projects.add_project("Second")
    projects.add_project("Third")
    Project(3).update(actions=[Project.is_active.set(False)])
    users.add_user("gone")
    users.disable_user("gone")


def assert_refused(cloud, answer, reason):
    assert (answer.status, answer.text, answer.headers.get("X-Failure-Reason")) == (
        400,
        "FAILED",
        reason,
    )
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert (list(Task.scan()), cloud.records()) == ([], [])


def assert_all_refused(cloud, answers, reasons):
    """Compare all at once: a cloud for each would take a third of a second."""
    assert {
        asked: answer.headers.get("X-Failure-Reason") for asked, answer in answers.items()
    } == reasons
    assert {answer.status for answer in answers.values()} == {400}
    assert (list(Task.scan()), cloud.records()) == ([], [])


@pytest.mark.usefixtures("second_project")
def test_what_cannot_be_is_refused_with_its_reason(cloud):
    reasons = {
        "": "title: is required",
        "title=": "title: is required",
        "title=%20%09%0A": "title: is required",
        "title=%E3%80%80": "title: is required",
        "title=%E2%80%8B%C2%AD": "title: is required",
        "title[]=x": "title: is required",
        "title=" + "x" * 201: "title: takes at most 200 characters, not 201",
        "title=" + "%F0%9F%92%A9" * 201: "title: takes at most 200 characters, not 201",
        "title=a%FFb": "title: must be valid UTF-8",
        "title=a%00b": "title: must not hold a NUL character",
        "title=x&description=%FF": "description: must be valid UTF-8",
        "title=x&description=%00": "description: must not hold a NUL character",
        "title=x&color_id=pink": f"color_id: {COLORS}",
        "title=x&color_id=RED": f"color_id: {COLORS}",
        "title=x&project_id=0": "project_id: there is no active project 0",
        "title=x&project_id=9": "project_id: there is no active project 9",
        "title=x&project_id=3": "project_id: there is no active project 3",
        "title=x&column_id=5": "column_id: project 1 has no such column",
        "title=x&project_id=2&column_id=1": "column_id: project 2 has no such column",
        "title=x&owner_id=9": "owner_id: there is no active user 9",
        "title=x&owner_id=2": "owner_id: there is no active user 2",
        "title=x&category_id=1": "category_id: project 1 has no such category",
        "title=&owner_id=x&column_id=y": (
            f"title: is required; owner_id: {WHOLE}; column_id: {WHOLE}"
        ),
        "title=x&idempotency_key=" + "x" * 256: "idempotency_key: takes 1 to 255 characters",
    }

    answers = {query: add(query) for query in reasons}

    assert_all_refused(cloud, answers, reasons)


@pytest.mark.parametrize("field", ["project_id", "column_id", "owner_id", "category_id"])
def test_an_id_that_is_no_whole_number_is_refused(cloud, field):
    values = ["-1", "%2B1", "1.0", "1.5", "1e3", "9" * 30, "one", "%201", "0x1", "%D9%A1"]

    answers = {value: add(f"title=x&{field}={value}") for value in values}

    assert_all_refused(cloud, answers, dict.fromkeys(values, f"{field}: {WHOLE}"))


@pytest.mark.parametrize(
    "description", ["x" * (400 * 1024 + 1), "x" * (400 * 1024 - 20), "\u00e9" * (200 * 1024)]
)
@pytest.mark.parametrize("key", [{}, {"idempotency_key": "key"}])
def test_a_description_over_the_limit_of_an_item_is_refused(cloud, description, key):
    body = json.dumps({"title": "x", "description": description, **key}, ensure_ascii=False)

    answer = add(method="POST", headers={"content-type": JSON}, body=body)

    assert_refused(cloud, answer, f"description: {TOO_LONG}")


def test_a_body_that_is_not_json_is_refused(cloud):
    bodies = [
        "not JSON",
        "{",
        '{"title": "x"',
        "{'title': 'x'}",
        '{"title": "x"} x',
        "[" * 100_000,
        "\0",
    ]

    answers = {
        body: add("title=x", method="POST", headers={"content-type": JSON}, body=body)
        for body in bodies
    }

    assert_all_refused(cloud, answers, dict.fromkeys(bodies, "body: is not JSON"))


def test_json_that_is_no_object_of_texts_and_numbers_is_refused(cloud):
    objects, texts = "body: takes a JSON object", "title: takes a text or a number"
    reasons = {
        "[]": objects,
        '["title"]': objects,
        '"title"': objects,
        "1": objects,
        "true": objects,
        "null": objects,
        '{"title": ["x"]}': texts,
        '{"title": {"a": 1}}': texts,
        '{"title": true}': texts,
        '{"title": NaN}': "body: is not JSON",
        '{"title": "x", "more": [-Infinity]}': "body: is not JSON",
        '{"title": null}': "title: is required",
        '{"title": "\\ud800"}': "title: must be valid UTF-8",
        '{"title": "x", "owner_id": -1}': f"owner_id: {WHOLE}",
        '{"title": "x", "owner_id": 1000000000000000000000000000000}': f"owner_id: {WHOLE}",
        '{"title": "x", "owner_id": "one"}': f"owner_id: {WHOLE}",
        '{"title": "x", "owner_id": 1%s}' % ("0" * 5000): f"owner_id: {WHOLE}",
        '{"title": "x", "owner_id": 1.5}': f"owner_id: {WHOLE}",
        '{"title": "x", "owner_id": 1e400}': f"owner_id: {WHOLE}",
        '{"title": "x", "owner_id": 9007199254740993.0}': f"owner_id: {WHOLE}",
        '{"title": "x", "owner_id": "1.0"}': f"owner_id: {WHOLE}",
    }

    answers = {
        body: add(method="POST", headers={"content-type": JSON}, body=body) for body in reasons
    }

    assert_all_refused(cloud, answers, reasons)


def test_bytes_that_are_not_utf_8_are_refused(cloud):
    answer = add(
        "title=x", method="POST", headers={"content-type": JSON}, body=b'{"title": "\xff"}'
    )

    assert_refused(cloud, answer, "body: must be valid UTF-8")


def test_a_form_field_that_is_not_utf_8_is_refused_by_name(cloud):
    answer = add("", method="POST", headers={"content-type": FORM}, body="title=%FF")

    assert_refused(cloud, answer, "title: must be valid UTF-8")


def test_a_repeated_idempotency_key_answers_ok_with_the_first_id():
    answers = [
        add("title=first&owner_id=1", headers={"Idempotency-Key": "key"}),
        add("title=first&owner_id=01&colour=pink", headers={"idempotency-key": "key"}),
        add("color_id=blue&title=first&owner_id=1&idempotency_key=key"),
        add("title=first&owner_id=1&idempotency_key=other", headers={"Idempotency-Key": "key"}),
        post_json({"title": "first", "owner_id": 1, "column_id": 0, "idempotency_key": "key"}),
    ]

    assert {(answer.status, answer.text, answer.headers["X-Task-Id"]) for answer in answers} == {
        (200, "OK", "1")
    }
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [
        None,
        *["true"] * 4,
    ]
    assert [task.title for task in Task.scan()] == ["first"]


def test_an_idempotency_key_that_was_used_for_another_task_is_never_taken_for_a_repeat():
    add("title=first", headers={"Idempotency-Key": "key"})

    answers = [
        add(query, headers={"Idempotency-Key": "key"})
        for query in (
            "title=other",
            "title=first+",
            "title=first&column_id=2",
            "title=first&owner_id=1",
            "title=",
        )
    ]

    reason = "idempotency_key: was used for another task"
    assert {
        (answer.status, answer.text, answer.headers["X-Failure-Reason"]) for answer in answers
    } == {(422, "FAILED", reason)}
    assert [task.title for task in Task.scan()] == ["first"]


def test_two_idempotency_keys_that_are_no_utf_8_are_not_taken_for_one(cloud):
    # As a gateway reads a header.
    latin_1 = [word.encode("latin-1").decode("latin-1") for word in ("größe", "gräte")]
    answers = [
        *(add(f"title=x&idempotency_key={key}") for key in ("gr%F6sse", "gr%E4sse")),
        *(post_form(title="x", idempotency_key=key) for key in ("\ufffd", "a\ufffd")),
        add(
            "title=x",
            method="POST",
            headers={"content-type": FORM},
            body="idempotency_key=gr%F6sse",
        ),
        *(add("title=x", headers={"Idempotency-Key": key}) for key in latin_1),
        add(
            method="POST",
            headers={"content-type": JSON},
            body=r'{"title": "x", "idempotency_key": "\udc00"}',
        ),
    ]

    for answer in answers:
        assert_refused(cloud, answer, "idempotency_key: must be valid UTF-8")


def test_an_idempotency_key_is_the_same_in_a_header_and_in_a_query():
    as_latin_1 = "größe €".encode().decode("latin-1")  # as a gateway reads a header

    first = add("title=x", headers={"Idempotency-Key": as_latin_1})
    again = add("title=x&idempotency_key=gr%C3%B6%C3%9Fe+%E2%82%AC")

    assert [answer.headers["X-Task-Id"] for answer in (first, again)] == ["1", "1"]


def test_a_store_behind_a_closed_port_is_answered_503():
    program = (
        "from tests.support.http_calls import add\n"
        "answer = add('title=x', headers={'Accept': 'application/json'})\n"
        "print(answer.status, answer.headers['Retry-After'], answer.text)"
    )

    run = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ
        | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )

    assert run.stdout == (
        '503 1 {"error": "the store cannot be reached (EndpointConnectionError)"}\n'
    )
