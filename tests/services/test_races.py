"""Writers that meet: each write that can race has a condition, and what it does when it loses."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from chalicelib.adapters.dynamodb.tables import Task
from chalicelib.domain.errors import StoreUnavailable
from chalicelib.services import optimistic_locking
from chalicelib.services.projects import projects
from chalicelib.services.tasks import lifecycle
from chalicelib.services.tasks.fields import read_fields

pytestmark = pytest.mark.usefixtures("cloud")


def occupy(task_id):
    Task(
        task_id=task_id,
        title="by hand",
        project_id=1,
        column_id=1,
        color_id="red",
        date_creation=5,
        position=5,
    ).save()


def test_a_number_that_is_taken_already_is_passed_over():
    occupy(1)

    assert lifecycle.create_task({"title": "next"}) == 2
    assert lifecycle.find_task(1).title == "by hand"


def test_numbers_that_are_all_taken_are_given_up_in_the_end():
    for task_id in range(1, optimistic_locking.TRIES + 1):
        occupy(task_id)

    with pytest.raises(
        StoreUnavailable, match="^the task could not be written: too many concurrent writes$"
    ):
        lifecycle.create_task({"title": "x"})

    assert {task.title for task in Task.scan()} == {"by hand"}


def test_a_write_that_the_client_repeats_because_its_answer_was_lost_has_succeeded():
    task = lifecycle.new_task(read_fields({"title": "x"}))

    assert [lifecycle._save_new(task), lifecycle._save_new(task)] == [1, 1]
    assert [task.title for task in Task.scan()] == ["x"]


def test_two_that_change_a_task_at_the_same_moment_are_both_heard():
    task_id = lifecycle.create_task({"title": "x"})
    together = Barrier(2)

    def raise_score(_):
        together.wait()
        return lifecycle.change_task(task_id, lambda task: {"score": int(task.score) + 1})

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(raise_score, range(2)))

    task = lifecycle.find_task(task_id)
    assert (task.score, task.version) == (2, 3)


def test_a_change_that_always_meets_another_writer_is_given_up():
    task_id = lifecycle.create_task({"title": "x"})

    def change_while_another_writes(task):
        Task(task_id).update(actions=[Task.version.set(int(task.version) + 1)])
        return {"score": int(task.score) + 1}

    with pytest.raises(StoreUnavailable, match="^task 1 is being changed by too many others$"):
        lifecycle.change_task(task_id, change_while_another_writes)

    assert lifecycle.find_task(task_id).score == 0


def test_a_check_is_asked_about_the_task_that_is_written_over():
    lifecycle.create_task({"title": "first"})
    seen = []

    def check(now):
        seen.append(now.title)
        if len(seen) == 1:
            lifecycle.update_task(1, {"title": "theirs"})

    lifecycle.update_task(1, {"description": "mine"}, check=check)

    assert seen == ["first", "theirs"]


def test_a_check_is_asked_about_the_project_that_is_written_over():
    seen = []

    def check(now):
        seen.append(now.name)
        if len(seen) == 1:
            projects.update_project(1, "theirs")

    projects.update_project(1, description="mine", check=check)

    assert (seen, projects.find_project(1).description) == (["My project", "theirs"], "mine")
