"""What many tasks depend on is removed in parallel, within API Gateway's timeout."""

from threading import Barrier

import pytest

from chalicelib.adapters.dynamodb.tables import Task
from chalicelib.domain.errors import Refused
from chalicelib.services.accounts import users
from chalicelib.services.projects import project_items, projects
from chalicelib.services.tasks import lifecycle, removal
from tests.support.aws_faults import meanwhile, wrong

pytestmark = pytest.mark.usefixtures("cloud")


@pytest.fixture
def of_two_tasks():
    """What two tasks have, and what removes it."""
    user, category = int(users.add_user("ada").id), project_items.add_part(1, "categories", "Bugs")
    for _ in range(2):
        lifecycle.create_task({"title": "x", "owner_id": str(user), "category_id": str(category)})
    return {
        "project_id": lambda: removal.remove_project(1),
        "category_id": lambda: removal.remove_category(category),
        "owner_id": lambda: removal.remove_user(user),
    }


def what_is_there():
    numbers = [
        [int(one.id) for one in rows] for rows in (projects.list_projects(), users.list_users())
    ]
    categories = [
        int(part.id) for project in projects.list_projects() for part in project.categories
    ]
    return [
        *numbers,
        categories,
        sorted((int(task.owner_id), int(task.category_id)) for task in Task.scan()),
    ]


BEFORE = [[1], [1, 2], [1], [(2, 1), (2, 1)]]
AFTER = {
    "project_id": [[], [1, 2], [], []],
    "category_id": [[1], [1, 2], [], [(2, 0), (2, 0)]],
    "owner_id": [[1], [1], [1], [(0, 1), (0, 1)]],
}


@pytest.mark.parametrize("field", AFTER)
def test_a_removal_that_there_is_no_time_for_is_finished_by_another_call(
    of_two_tasks, monkeypatch, field
):
    with monkeypatch.context() as hurried:
        hurried.setattr(removal, "LONGEST", 0.0)
        with pytest.raises(Refused) as refused:
            of_two_tasks[field]()
    between = what_is_there()
    of_two_tasks[field]()

    assert refused.value.reasons == {field: "2 of its tasks are left: call again"}
    assert (between, what_is_there()) == (BEFORE, AFTER[field])


@pytest.mark.parametrize("field", AFTER)
def test_several_tasks_are_rid_of_it_at_once(of_two_tasks, field):
    together = Barrier(2, timeout=30)
    write = "DeleteItem" if field == "project_id" else "UpdateItem"

    with wrong(write, meanwhile(together.wait), '"taskhook-dev-tasks"'):
        of_two_tasks[field]()

    assert what_is_there() == AFTER[field]
