"""What others remove or move between a read and a write stays removed or moved."""

import functools

import pytest

from chalicelib.adapters.dynamodb.tables import Comment, Endpoint, Task
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.services.accounts import users
from chalicelib.services.endpoints import endpoints
from chalicelib.services.projects import project_items, projects
from chalicelib.services.tasks import comments, lifecycle, moving, removal
from tests.support.aws_faults import ENDPOINTS, meanwhile, wrong
from tests.support.http_calls import result
from tests.support.page_visits import Visitor

pytestmark = pytest.mark.usefixtures("cloud")

TASKS, COMMENTS, PROJECTS = (
    f'"taskhook-dev-{table}"' for table in ("tasks", "comments", "projects")
)


def test_a_task_that_is_removed_while_it_is_changed_does_not_come_back():
    changes = [
        lambda number: lifecycle.update_task(number, {"title": "y"}),
        lifecycle.close_task,
        lambda number: moving.move_task(number, 2, 1),
    ]

    for change in changes:
        number = lifecycle.create_task({"title": "x"})
        gone = meanwhile(Task(number).delete)
        with wrong("UpdateItem", gone, TASKS, times=1), pytest.raises(NotFound):
            change(number)

    assert list(Task.scan()) == []


def test_a_comment_on_a_task_that_is_removed_meanwhile_is_not_kept():
    lifecycle.create_task({"title": "x"})

    with wrong("TransactWriteItems", meanwhile(lambda: removal.remove_task(1)), COMMENTS, times=1):
        answer = result("createComment", [1, 1, "too late"])

    assert (answer, list(Task.scan()), list(Comment.scan())) == (False, [], [])


def test_a_comment_that_is_removed_meanwhile_does_not_come_back_and_counts_once():
    lifecycle.create_task({"title": "x"})
    calls = [("UpdateItem", "updateComment", ["y"]), ("TransactWriteItems", "removeComment", [])]

    answers = []
    for operation, method, more in calls:
        number = comments.add_comment(1, 1, "x", "", "user")
        gone = meanwhile(functools.partial(comments.remove_comment, number))
        with wrong(operation, gone, COMMENTS, times=1):
            answers.append(result(method, [number, *more]))

    assert (answers, list(Comment.scan()), lifecycle.find_task(1).comments) == (
        [False, False],
        [],
        0,
    )


def test_of_the_last_two_columns_that_are_removed_at_once_one_stays():
    first, second = (int(part.id) for part in projects.add_project("Two", ["A", "B"]).columns)
    quicker = meanwhile(lambda: project_items.remove_part("columns", second))

    with (
        wrong("UpdateItem", quicker, PROJECTS, times=1),
        pytest.raises(Refused, match="is the last column"),
    ):
        project_items.remove_part("columns", first)

    assert [part.name for part in projects.find_project(2).columns] == ["A"]


def test_a_task_for_a_column_that_is_removed_meanwhile_is_found_and_can_be_moved():
    with wrong(
        "PutItem", meanwhile(lambda: project_items.remove_part("columns", 2)), TASKS, times=1
    ):
        number = result("createTask", {"title": "x", "project_id": 1, "column_id": 2})

    [board_shown] = result("getBoard", [1])
    assert [task["id"] for task in board_shown["columns"][0]["tasks"]] == [str(number)]
    assert result("moveTaskPosition", [1, number, 3, 1]) is True
    assert lifecycle.find_task(number).column_id == 3


def test_a_task_for_a_project_that_is_removed_meanwhile_breaks_nothing_and_can_be_removed():
    projects.add_project("Short-lived")

    with wrong("PutItem", meanwhile(lambda: removal.remove_project(2)), TASKS, times=1):
        number = result("createTask", {"title": "x", "project_id": 2})

    shown = [Visitor(1).get(path).status for path in ("/boards/1", f"/tasks/{number}", "/projects")]
    answers = [
        result("updateTask", [number, "y"]),
        result("searchTasks", [2, "x"]),
        result("removeTask", [number]),
    ]
    assert (shown, answers) == ([200, 404, 200], [False, False, True])


def test_a_member_who_is_removed_meanwhile_is_let_into_nothing():
    user_id = int(users.add_user("ada").id)

    with wrong("UpdateItem", meanwhile(lambda: users.remove_user(user_id)), PROJECTS, times=1):
        result("addProjectUser", [1, user_id])

    assert result("getProjectUsers", [1]) == {"1": "admin"}


def test_an_endpoint_that_is_removed_while_it_is_changed_does_not_come_back():
    endpoints.add_endpoint("http://127.0.0.1:9/", endpoint_id="ci")

    with wrong("UpdateItem", meanwhile(lambda: Endpoint("ci").delete()), ENDPOINTS, times=1):
        answer = result("updateEndpoint", {"id": "ci", "format": "standard"})

    assert (answer, list(Endpoint.scan())) == (False, [])


def test_a_category_is_not_given_to_a_task_that_moves_to_another_project_meanwhile():
    projects.add_project("Other")
    category_id = project_items.add_part(1, "categories", "Ours")
    lifecycle.create_task({"title": "x"})
    leave = meanwhile(lambda: moving.move_to_project(1, {"project_id": "2"}))

    with (
        wrong("UpdateItem", leave, TASKS, times=1),
        pytest.raises(Refused, match="has just moved to another project"),
    ):
        lifecycle.update_task(1, {"category_id": str(category_id)})

    task = lifecycle.find_task(1)
    assert (task.project_id, task.category_id) == (2, 0)
