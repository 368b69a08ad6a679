"""The same key within 24 h creates one task."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from chalicelib.adapters.dynamodb.tables import Claim
from chalicelib.domain.errors import KeyUsed, Refused
from chalicelib.services.projects import projects
from chalicelib.services.tasks import lifecycle
from tests.support.stored_tasks import titles

pytestmark = pytest.mark.usefixtures("cloud")


def test_a_repeated_key_answers_with_the_first_task_and_creates_nothing():
    first = lifecycle.create_once({"title": "first"}, "key")

    assert lifecycle.create_once({"title": "first"}, "key") == (first.task_id, True)
    assert not first.is_repeat
    assert titles() == ["first"]


def test_another_key_creates_another_task():
    ids = [
        lifecycle.create_once({"title": "x"}, key).task_id
        for key in ("a", "A", "\u00e4", "x" * 255)
    ]

    assert len(set(ids)) == 4


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_has_1_to_255_characters(key):
    with pytest.raises(Refused, match="^idempotency_key: takes 1 to 255 characters$"):
        lifecycle.create_once({"title": "x"}, key)

    assert titles() == []


def test_a_repeat_is_answered_as_the_first_though_it_would_be_refused_by_now():
    project = projects.add_project("Later closed")
    asked = {"title": "first", "project_id": str(project.id)}
    first = lifecycle.create_once(asked, "key")
    projects.set_active(int(project.id), is_active=False)

    assert lifecycle.create_once(asked, "key") == (first.task_id, True)


def test_a_key_that_an_older_release_has_kept_answers_with_its_task():
    first = lifecycle.create_once({"title": "first"}, "key")
    [claim] = Claim.scan(Claim.id.startswith("idempotency:"))
    claim.update(actions=[Claim.asked.remove()])

    assert lifecycle.create_once({"title": "other"}, "key") == (first.task_id, True)


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"title": "first", "column_id": "2"},
        {"title": " first"},
        {"title": "first", "description": "more"},
        {"title": "first", "owner_id": "no number"},
    ],
)
def test_a_key_stands_for_what_was_asked_with_it_and_for_nothing_else(other):
    lifecycle.create_once({"title": "first"}, "key")

    with pytest.raises(KeyUsed, match="^idempotency_key: was used for another task$"):
        lifecycle.create_once(other, "key")

    assert titles() == ["first"]


@pytest.mark.parametrize(
    "same",
    [
        {"description": "", "color_id": "blue", "column_id": "0", "owner_id": "0"},
        {"color_id": "", "project_id": "01", "owner_id": ""},
    ],
)
def test_parameters_that_say_the_same_are_the_same(same):
    asked = {"title": "first"} | ({"project_id": "1"} if "project_id" in same else {})
    first = lifecycle.create_once(asked, "key")

    assert lifecycle.create_once(asked | same, "key") == (first.task_id, True)


def test_a_repeat_is_one_though_another_project_has_become_the_first_meanwhile():
    projects.add_project("Second")
    first = lifecycle.create_once({"title": "first"}, "key")
    projects.set_active(1, is_active=False)

    assert lifecycle.create_once({"title": "first"}, "key") == (first.task_id, True)


def test_a_refused_task_uses_up_no_key():
    with pytest.raises(Refused):
        lifecycle.create_once({"title": ""}, "key")

    lifecycle.create_once({"title": "second try"}, "key")

    assert titles() == ["second try"]


def test_a_key_is_free_again_after_24_hours():
    lifecycle.create_once({"title": "first"}, "key")
    [claim] = Claim.scan(Claim.id.startswith("idempotency:"))
    claim.update(actions=[Claim.expires_at.set(claim.expires_at - 86401)])

    lifecycle.create_once({"title": "next day"}, "key")

    assert titles() == ["first", "next day"]


@pytest.mark.parametrize("turn", range(5))
def test_the_same_key_at_the_same_moment_creates_one_task(turn):
    together = Barrier(4)

    def create(_):
        together.wait()
        return lifecycle.create_once({"title": "one"}, f"key {turn}").task_id

    with ThreadPoolExecutor(4) as threads:
        ids = list(threads.map(create, range(4)))

    assert len(set(ids)) == len(titles()) == 1
