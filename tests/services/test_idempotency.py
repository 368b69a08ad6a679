"""The same key within 24 h creates one task."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from chalicelib.adapters.tables import Claim, Task
from chalicelib.domain.errors import Refused
from chalicelib.services import board, projects

pytestmark = pytest.mark.usefixtures("cloud")


def titles():
    return sorted(task.title for task in Task.scan())


def test_a_repeated_key_answers_with_the_first_task_and_creates_nothing():
    first = board.create_once({"title": "first"}, "key")

    assert board.create_once({"title": "other"}, "key") == (first.task_id, True)
    assert not first.is_repeat
    assert titles() == ["first"]


def test_another_key_creates_another_task():
    ids = [board.create_once({"title": "x"}, key).task_id for key in ("a", "A", "\ud800", "x" * 255)]

    assert len(set(ids)) == 4


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_has_1_to_255_characters(key):
    with pytest.raises(Refused, match="^idempotency_key: takes 1 to 255 characters$"):
        board.create_once({"title": "x"}, key)

    assert titles() == []


def test_a_repeat_is_answered_as_the_first_though_it_would_be_refused_by_now():
    project = projects.add_project("Later closed")
    asked = {"title": "first", "project_id": str(project.id)}
    first = board.create_once(asked, "key")
    projects.set_active(int(project.id), is_active=False)

    assert board.create_once(asked, "key") == (first.task_id, True)
    assert board.create_once({}, "key") == (first.task_id, True)


def test_a_refused_task_uses_up_no_key():
    with pytest.raises(Refused):
        board.create_once({"title": ""}, "key")

    board.create_once({"title": "second try"}, "key")

    assert titles() == ["second try"]


def test_a_key_is_free_again_after_24_hours():
    board.create_once({"title": "first"}, "key")
    [claim] = Claim.scan(Claim.id.startswith("idempotency:"))
    claim.update(actions=[Claim.expires_at.set(claim.expires_at - 86401)])

    board.create_once({"title": "next day"}, "key")

    assert titles() == ["first", "next day"]


@pytest.mark.parametrize("turn", range(5))
def test_the_same_key_at_the_same_moment_creates_one_task(turn):
    together = Barrier(4)

    def create(number):
        together.wait()
        return board.create_once({"title": f"{turn}.{number}"}, "key").task_id

    with ThreadPoolExecutor(4) as threads:
        ids = list(threads.map(create, range(4)))

    assert len(set(ids)) == len(titles()) == 1
