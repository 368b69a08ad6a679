"""Tasks are created, changed, moved, closed, removed; each racing write is raced."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.adapters.dynamodb.tables import Project, Task, User, named_rows
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.services.accounts import users
from chalicelib.services.projects import projects
from chalicelib.services.tasks import lifecycle, removal
from tests.support.cloud import client_of
from tests.support.deliveries import edit

pytestmark = pytest.mark.usefixtures("cloud")


def column(column_id):
    return [task.title for task in Task.by_column.query(column_id)]


def stored():
    return client_of("dynamodb").scan(TableName="taskhook-dev-tasks")["Items"]


def create_titled(*titles):
    return [lifecycle.create_task({"title": title}) for title in titles]


def test_a_task_needs_no_more_than_a_title():
    before = int(time.time())

    task_id = lifecycle.create_task({"title": "Buy milk"})

    task = lifecycle.find_task(task_id)
    assert before <= task.date_creation <= time.time()
    assert task.attribute_values == {
        "task_id": 1,
        "title": "Buy milk",
        "description": "",
        "project_id": 1,
        "owner_id": 0,
        "category_id": 0,
        "column_id": 1,
        "color_id": "blue",
        "score": 0,
        "date_due": 0,
        "creator_id": 0,
        "date_creation": task.date_creation,
        "date_modification": 0,
        "date_completed": 0,
        "position": 2**20,
        "rank": 2**20,
        "is_active": 1,
        "version": 1,
    }


def test_what_a_task_does_not_have_is_not_stored():
    lifecycle.create_task({"title": "Buy milk"})

    [item] = stored()
    assert item == {
        "task_id": {"N": "1"},
        "title": {"S": "Buy milk"},
        "project_id": {"N": "1"},
        "column_id": {"N": "1"},
        "date_creation": item["date_creation"],
        "position": {"N": str(2**20)},
        "rank": {"N": str(2**20)},
        "is_active": {"N": "1"},
    }


def test_what_is_taken_away_from_a_task_is_no_longer_stored():
    lifecycle.create_task({"title": "Buy milk"})
    new = set(stored()[0])
    lifecycle.update_task(
        1, {"description": "two bottles", "color_id": "red", "owner_id": "1", "score": "5"}
    )

    lifecycle.update_task(1, {"description": "", "color_id": "blue", "owner_id": "0", "score": "0"})

    assert set(stored()[0]) == new | {"version", "date_modification"}


def test_a_task_that_an_earlier_release_stored_with_its_zeros_is_read_and_changed_alike():
    for title in ("then", "now"):
        lifecycle.create_task({"title": title})
    zeros = (
        "owner_id",
        "category_id",
        "score",
        "date_due",
        "creator_id",
        "date_modification",
        "date_completed",
    )
    numbers = {name: {"N": "0"} for name in zeros} | {"version": {"N": "1"}}
    edit("tasks", {"task_id": {"N": "1"}}, description={"S": ""}, color_id={"S": "blue"}, **numbers)

    tasks = [lifecycle.update_task(number, {"title": "x", "score": "3"}).row for number in (1, 2)]

    own = ("task_id", "position", "rank", "date_creation", "date_modification")
    then, now = ({name: value for name, value in task.items() if name not in own} for task in tasks)
    assert then == now
    assert now["version"] == 2


def test_a_task_is_kept_with_all_that_it_is_given():
    project = projects.add_project("Second")
    project.update(actions=[Project.categories.set(named_rows([9], ["Bug"]))])
    user = users.add_user("ada")

    task_id = lifecycle.create_task(
        {
            "title": "Buy milk",
            "description": "two bottles",
            "color_id": "red",
            "project_id": "2",
            "column_id": "6",
            "owner_id": str(user.id),
            "category_id": "9",
            "score": "5",
            "priority": "2",
            "date_due": "1970-01-02",
            "reference": "TASK-7",
            "unknown": "is ignored",
        }
    )

    task = lifecycle.find_task(task_id)
    assert (task.title, task.description, task.color_id) == ("Buy milk", "two bottles", "red")
    assert (task.project_id, task.column_id, task.owner_id, task.category_id) == (2, 6, 2, 9)
    assert (task.score, task.priority, task.date_due, task.reference) == (5, 2, 86400, "TASK-7")


def test_without_a_project_the_lowest_active_one_is_meant():
    projects.add_project("Second")
    Project(1).update(actions=[Project.is_active.set(False)])

    task = lifecycle.find_task(lifecycle.create_task({"title": "x", "column_id": "0"}))

    assert (task.project_id, task.column_id) == (2, 5)


def test_what_was_added_a_moment_ago_is_known(monkeypatch):
    monkeypatch.setattr(projects.CACHE, "_lifetime", 1000)
    monkeypatch.setattr(users.CACHE, "_lifetime", 1000)
    create_titled("fills the caches")
    Project(id=7, name="By hand", columns=named_rows([70], ["Only"])).save()
    User(id=7, username="by-hand").save()

    task_id = lifecycle.create_task({"title": "x", "project_id": "7", "owner_id": "7"})

    assert lifecycle.find_task(task_id).column_id == 70


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(Refused) as refusal:
        lifecycle.create_task(
            {
                "title": "",
                "color_id": "pink",
                "owner_id": "5",
                "column_id": "99",
                "category_id": "x",
                "project_id": "1",
            }
        )

    assert refusal.value.reasons == {
        "title": "is required",
        "color_id": "takes one of yellow, blue, green, purple, red, orange, grey",
        "owner_id": "there is no active user 5",
        "column_id": "project 1 has no such column",
        "category_id": "takes a whole number, 0 or more",
    }


def test_a_project_without_columns_takes_no_task():
    projects.add_project("Empty", [])

    with pytest.raises(Refused, match="^column_id: project 2 has no such column$"):
        lifecycle.create_task({"title": "x", "project_id": "2"})


def test_a_board_without_projects_takes_no_task():
    Project(1).delete()

    with pytest.raises(Refused, match="^project_id: there is no active project$"):
        create_titled("x")


def test_the_largest_task_that_is_accepted_is_stored():
    description = "x" * 404_000  # moto's limit is 405,000 bytes in all, DynamoDB's is 409,600

    task_id = lifecycle.create_task({"title": "big", "description": description})

    assert lifecycle.find_task(task_id).description == description


def test_a_task_over_the_limit_of_an_item_is_refused():
    with pytest.raises(Refused, match="^description: is too long: a task takes at most 400 KB$"):
        lifecycle.create_task({"title": "big", "description": "\u00e9" * (200 * 1024)})

    assert list(Task.scan()) == []


def test_eight_threads_create_200_tasks_and_no_number_comes_twice(monkeypatch):
    monkeypatch.setattr(projects.CACHE, "_lifetime", 1000)

    with ThreadPoolExecutor(8) as threads:
        numbers = list(
            threads.map(lambda number: lifecycle.create_task({"title": str(number)}), range(200))
        )

    stored = {int(task.task_id): task.title for task in Task.scan()}
    assert stored == {task_id: str(number) for number, task_id in enumerate(numbers)}
    assert len(stored) == 200


def test_a_change_is_counted_and_dated():
    [task_id] = create_titled("old")
    before = int(time.time())

    lifecycle.update_task(
        task_id, {"title": "new", "color_id": "red", "project_id": "99", "unknown": "x"}
    )

    task = lifecycle.find_task(task_id)
    assert (task.title, task.color_id, task.project_id, task.version) == ("new", "red", 1, 2)
    assert task.date_modification >= before


def test_a_change_that_changes_nothing_writes_nothing():
    [task_id] = create_titled("same")

    lifecycle.update_task(task_id, {"title": "same", "owner_id": "0"})
    lifecycle.reopen_task(task_id)

    assert lifecycle.find_task(task_id).version == 1


def test_a_change_that_cannot_be_is_refused():
    [task_id] = create_titled("old")

    with pytest.raises(Refused, match="^title: is required$"):
        lifecycle.update_task(task_id, {"title": " "})

    assert lifecycle.find_task(task_id).title == "old"


def test_a_change_over_the_limit_of_an_item_is_refused():
    [task_id] = create_titled("old")

    with pytest.raises(Refused, match="^description: is too long: a task takes at most 400 KB$"):
        lifecycle.update_task(task_id, {"description": "\u00e9" * (204 * 1024)})

    assert lifecycle.find_task(task_id).version == 1


def test_a_task_is_closed_once_and_reopened():
    [task_id] = create_titled("x")

    closed = [lifecycle.close_task(task_id), lifecycle.close_task(task_id)][-1]
    assert (closed.is_active, closed.version) == (0, 2)
    assert closed.date_completed > 0

    reopened = lifecycle.reopen_task(task_id)
    assert (reopened.is_active, reopened.date_completed, reopened.version) == (1, 0, 3)


def test_a_removed_task_is_gone():
    [task_id] = create_titled("x")

    removal.remove_task(task_id)

    for verb in (lifecycle.find_task, removal.remove_task, lifecycle.close_task):
        with pytest.raises(NotFound, match="^there is no task 1$"):
            verb(task_id)
