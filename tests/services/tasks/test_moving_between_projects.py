"""A task moves or is duplicated to another project and keeps parts of the same name."""

import pytest

from chalicelib.adapters.dynamodb.tables import Task
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.services.accounts import users
from chalicelib.services.projects import project_items, projects
from chalicelib.services.tasks import duplication, lifecycle, moving, places

pytestmark = pytest.mark.usefixtures("cloud")

KEPT = (
    "title",
    "description",
    "color_id",
    "score",
    "priority",
    "date_due",
    "reference",
    "owner_id",
)


@pytest.fixture
def task():
    """A task in the second column of the first project, with all that it may have."""
    fields = {
        "description": "d",
        "color_id": "red",
        "score": "5",
        "priority": "2",
        "reference": "T-1",
        "owner_id": "1",
    }
    category_id = project_items.add_part(1, "categories", "Bug")
    given = {
        "title": "a",
        "column_id": "2",
        "category_id": str(category_id),
        "date_due": "1782864000",
        **fields,
    }
    return lifecycle.find_task(lifecycle.create_task(given, tags=["urgent"]))


def named(task, project):
    """Say by name where a task stands."""
    names = {
        group: {part.id: part.name for part in getattr(project, group)}
        for group in project_items.GROUPS
    }
    tags = sorted(names["tags"][number] for number in task.tags or ())
    return names["columns"].get(task.column_id), names["categories"].get(task.category_id), tags


def second(*columns, categories=()):
    project = projects.add_project("Second", columns)
    for name in categories:
        project_items.add_part(int(project.id), "categories", name)
    return projects.find_project(int(project.id))


def test_a_moved_task_finds_column_category_and_tags_of_the_same_name(task):
    second("First", "Ready", categories=["Other", "Bug"])
    project_items.add_part(2, "tags", "urgent")

    moved = moving.move_to_project(1, {"project_id": "2"}, author=1)

    assert named(moved, projects.find_project(2)) == ("Ready", "Bug", ["urgent"])
    assert moved.date_moved > 0
    assert (moved.project_id, moved.version, moved.changed_by) == (2, 2, 1)
    assert [getattr(moved, name) for name in KEPT] == [getattr(task, name) for name in KEPT]


def test_what_the_other_project_has_not_is_its_first_column_no_category_and_a_new_tag(task):
    project = second("First", "Last", categories=["Other"])

    moved = moving.move_to_project(int(task.task_id), {"project_id": str(project.id)})

    assert named(moved, projects.find_project(2)) == ("First", None, ["urgent"])


def test_what_is_said_counts_more_than_the_name(task):
    project = second("Ready", "Last", categories=["Bug", "Other"])
    user = users.add_user("ada")
    column_id, category_id = int(project.columns[1].id), int(project.categories[1].id)
    said = {
        "project_id": "2",
        "column_id": column_id,
        "category_id": category_id,
        "owner_id": int(user.id),
    }

    moved = moving.move_to_project(
        int(task.task_id), {name: str(value) for name, value in said.items()}
    )

    assert {name: getattr(moved, name) for name in said} == said | {"project_id": 2}


def test_a_moved_task_stands_last_and_has_left_its_column(task):
    second("Ready")
    lifecycle.create_task({"title": "was here before", "project_id": "2"})

    moved = moving.move_to_project(int(task.task_id), {"project_id": "2"})

    assert [row.task_id for row in Task.by_column.query(moved.column_id)] == [2, 1]
    assert (places.place_of(moved), list(Task.by_column.query(2))) == (2, [])


def test_a_closed_task_moves_and_stays_closed(task):
    second("Ready")
    lifecycle.close_task(int(task.task_id))

    moved = moving.move_to_project(int(task.task_id), {"project_id": "2"})

    assert (moved.project_id, moved.is_active, list(Task.by_column.query(moved.column_id))) == (
        2,
        0,
        [],
    )


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"project_id": "1"}, "project_id: the task is in that project already"),
        ({"project_id": "9"}, "project_id: there is no active project 9"),
        ({"project_id": "2", "column_id": "1"}, "column_id: project 2 has no such column"),
        ({"project_id": "2", "category_id": "1"}, "category_id: project 2 has no such category"),
        ({"project_id": "2", "owner_id": "9"}, "owner_id: there is no active user 9"),
    ],
)
def test_a_task_that_cannot_be_moved_stays(task, parameters, reason):
    second("Ready")

    with pytest.raises(Refused, match=f"^{reason}$"):
        moving.move_to_project(int(task.task_id), parameters)

    assert lifecycle.find_task(int(task.task_id)).attribute_values == task.attribute_values


def test_a_task_that_is_not_there_is_not_found():
    with pytest.raises(NotFound, match="^there is no task 7$"):
        moving.move_to_project(7, {"project_id": "1"})


def test_a_task_whose_owner_was_disabled_moves_and_is_nobodys(task):
    second("Ready")
    ada = users.add_user("ada")
    lifecycle.update_task(int(task.task_id), {"owner_id": str(ada.id)})
    users.disable_user("ada")

    moved = moving.move_to_project(int(task.task_id), {"project_id": "2"})

    assert (moved.project_id, moved.owner_id) == (2, 0)


def test_a_duplicate_is_a_new_task_like_the_old_one(task):
    second("Ready", categories=["Bug"])

    number = duplication.duplicate_task(int(task.task_id), {"project_id": "2"}, author=1)

    copy = lifecycle.find_task(number)
    assert named(copy, projects.find_project(2)) == ("Ready", "Bug", ["urgent"])
    assert [getattr(copy, name) for name in KEPT] == [getattr(task, name) for name in KEPT]
    assert (copy.project_id, copy.creator_id, copy.changed_by, copy.version) == (2, 1, 1, 1)
    assert lifecycle.find_task(int(task.task_id)).attribute_values == task.attribute_values
