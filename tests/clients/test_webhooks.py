"""What is done by API is heard: one event of each task that was changed, with its author."""

import pytest
import requests

from chalicelib.domain.tasks import NEW_GAP
from tests.support.documented import RECENT

pytestmark = pytest.mark.xdist_group("clients")


def created(task, author="application"):
    return ("task.created", task, author, None)


def modified(task, author="application", **changes):
    return ("task.modified", task, author, changes)


def removed(task, author="application"):
    return ("task.removed", task, author, None)


def test_a_task_is_heard_from_its_creation_to_its_end(application, board, hearing):
    task = application.create_task(title="Write", project_id=board.id)
    application.update_task(id=task, title="Read", color_id="red", score=3)
    application.close_task(task_id=task)
    application.open_task(task_id=task)
    application.remove_task(task_id=task)

    assert hearing.of(task, count=5) == [
        created(task),
        modified(task, title=["Write", "Read"], color_id=["blue", "red"], score=[0, 3]),
        modified(task, is_active=[1, 0], date_completed=[0, RECENT]),
        modified(task, is_active=[0, 1], date_completed=[RECENT, 0]),
        removed(task),
    ]


@pytest.mark.parametrize("hears", ["hearing", "cloud_hearing"])
def test_the_author_is_the_user_who_did_it(administrator, person, board, hears, request):
    heard = request.getfixturevalue(hears)
    administrator.add_project_user(project_id=board.id, user_id=person.id)

    task = person.client.create_task(title="Write", project_id=board.id)
    administrator.update_task(id=task, title="Read")
    person.client.close_task(task_id=task)
    administrator.remove_task(task_id=task)

    assert heard.of(task, count=4) == [
        created(task, person.id),
        modified(task, 1, title=["Write", "Read"]),
        modified(task, person.id, is_active=[1, 0], date_completed=[0, RECENT]),
        removed(task, 1),
    ]


def test_the_application_comes_after_a_user(application, administrator, board, cloud_hearing):
    task = administrator.create_task(title="Write", project_id=board.id)
    application.update_task(id=task, title="Read")
    application.remove_task(task_id=task)

    assert cloud_hearing.of(task, count=3) == [
        created(task, 1),
        modified(task, title=["Write", "Read"]),
        removed(task),
    ]


def test_a_move_is_one_event_of_the_one_task(application, board, hearing):
    first, second = (application.create_task(title="Write", project_id=board.id) for _ in range(2))
    where = {"project_id": board.id, "task_id": second, "position": 1}

    application.move_task_position(**where, column_id=board.columns[0])
    application.move_task_position(**where, column_id=board.columns[1])
    for task in (second, first):
        application.remove_task(task_id=task)

    above, below = (first - 1) * NEW_GAP, second * NEW_GAP
    assert hearing.of(first, count=2) == [created(first), removed(first)]
    assert hearing.of(second, count=4) == [
        created(second),
        modified(second, position=[below, above]),
        modified(second, column_id=board.columns[:2], position=[above, NEW_GAP]),
        removed(second),
    ]


def test_what_changes_nothing_is_not_heard(application, board, task_id, hearing):
    application.update_task(id=task_id, title="Write")
    application.open_task(task_id=task_id)
    application.move_task_position(
        project_id=board.id, task_id=task_id, column_id=board.columns[0], position=1
    )
    application.create_comment(task_id=task_id, user_id=1, content="Well")
    application.remove_task(task_id=task_id)

    assert hearing.of(task_id, count=2) == [created(task_id), removed(task_id)]


def test_tags_are_heard_as_a_new_date_of_modification(application, board, task_id, hearing):
    application.set_task_tags(project_id=board.id, task_id=task_id, tags=["soon"])
    application.remove_task(task_id=task_id)

    assert hearing.of(task_id, count=3) == [created(task_id), modified(task_id), removed(task_id)]


def test_a_move_to_another_project_and_a_duplicate_are_heard(application, board, task_id, hearing):
    copy = application.duplicate_task_to_project(task_id=task_id, project_id=board.id)
    application.move_task_to_project(task_id=task_id, project_id=1, column_id=4)
    for task in (copy, task_id):
        application.remove_task(task_id=task)

    assert hearing.of(copy, count=2) == [created(copy), removed(copy)]
    assert hearing.of(task_id, count=3) == [
        created(task_id),
        modified(
            task_id,
            project_id=[board.id, 1],
            column_id=[board.columns[0], 4],
            position=[task_id * NEW_GAP, NEW_GAP],
        ),
        removed(task_id),
    ]


def test_what_is_removed_around_tasks_is_heard_of_each(
    application, administrator, board, person, hearing
):
    application.add_project_user(project_id=board.id, user_id=person.id)
    category = application.create_category(project_id=board.id, name="Bug")
    had = {"category_id": category, "owner_id": person.id}
    tasks = [application.create_task(title="Write", project_id=board.id, **had) for _ in range(2)]

    administrator.remove_category(category_id=category)
    application.remove_user(user_id=person.id)
    administrator.remove_project(project_id=board.id)

    for task in tasks:
        assert hearing.of(task, count=4) == [
            created(task),
            modified(task, 1, category_id=[category, 0]),
            modified(task, owner_id=[person.id, 0]),
            removed(task, 1),
        ]


def test_a_batch_is_one_event_for_each_task(application, run, board, hearing):
    tasks = [application.create_task(title="Write", project_id=board.id) for _ in range(5)]
    calls = [
        {"jsonrpc": "2.0", "id": task, "method": method, "params": [task]}
        for method in ("closeTask", "removeTask")
        for task in tasks
    ]

    answers = requests.post(
        f"{run.url}/jsonrpc.php", json=calls, auth=("jsonrpc", run.ready["api_token"]), timeout=20
    ).json()

    assert [(answer["id"], answer["result"]) for answer in answers] == [
        (task, True) for task in tasks * 2
    ]
    for task in tasks:
        closed = modified(task, is_active=[1, 0], date_completed=[0, RECENT])
        assert hearing.of(task, count=3) == [created(task), closed, removed(task)]
