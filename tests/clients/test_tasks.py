"""Tasks: created, read, changed, closed and removed."""

import pytest

from tests.clients.conftest import error_answer
from tests.support import documented
from tests.support.documented import RECENT

pytestmark = pytest.mark.xdist_group("clients")


def test_a_task_takes_what_it_is_not_given_from_its_project(application, run, board):
    number = application.create_task(title="Write", project_id=board.id)

    assert application.get_task(task_id=number) == documented.task(run.url, board, number)


def test_a_task_is_created_with_all_that_can_be_said(application, run, board):
    category = application.create_category(project_id=board.id, name="Bug")
    said = {"description": "All of it", "color_id": "red", "reference": "R-1", "title": "Read"}
    numbers = {"owner_id": 1, "creator_id": 1, "score": 3, "priority": 2, "category_id": category}
    dates = {"date_due": "2026-07-01 14:25", "date_started": "2026-01-01 00:00"}
    place = {"project_id": board.id, "column_id": board.columns[1], "swimlane_id": 0}
    never = dict.fromkeys(("status", "trigger", "factor", "timeframe", "basedate"), 0)

    number = application.create_task(
        **said,
        **numbers,
        **dates,
        **place,
        **{f"recurrence_{name}": value for name, value in never.items()},
    )

    shown = {name: str(value) for name, value in numbers.items()} | {
        "column_id": str(board.columns[1])
    }
    seconds = {"date_due": "1782915900", "date_started": "1767225600"}
    assert application.get_task(task_id=number) == documented.task(
        run.url, board, number, **said, **shown, **seconds
    )
    assert application.get_task_by_reference(project_id=board.id, reference="R-1")["id"] == str(
        number
    )


def test_the_creator_is_the_user_who_calls(administrator, run, board):
    number = administrator.create_task(title="Write", project_id=board.id, tags=["soon"])

    assert administrator.get_task(task_id=number) == documented.task(
        run.url, board, number, creator_id="1"
    )
    assert list(administrator.get_task_tags(task_id=number).values()) == ["soon"]


def test_a_task_is_found_by_its_reference(application, run, board, task_id):
    application.update_task(id=task_id, reference="R-1")

    found = application.get_task_by_reference(project_id=board.id, reference="R-1")
    elsewhere = application.get_task_by_reference(project_id=1, reference="R-1")

    assert found == documented.task(run.url, board, task_id, reference="R-1")
    assert elsewhere is None


def test_a_task_is_changed(application, run, board, task_id):
    said = {"title": "Read", "color_id": "green", "description": "More", "reference": "R-2"}
    numbers = {"owner_id": 1, "score": 8, "priority": 1}
    dates = {"date_due": "2026-07-01 14:25", "date_started": "2026-01-01"}

    changed = application.update_task(id=task_id, **said, **numbers, **dates, tags=["soon"])

    shown = {name: str(value) for name, value in numbers.items()}
    seconds = {"date_due": "1782915900", "date_started": "1767225600"}
    assert changed is True
    assert application.get_task(task_id=task_id) == documented.task(
        run.url, board, task_id, **said, **shown, **seconds
    )
    assert list(application.get_task_tags(task_id=task_id).values()) == ["soon"]


def test_what_a_task_has_is_taken_away(application, run, board, task_id):
    application.update_task(
        id=task_id, description="More", owner_id=1, date_due="2026-07-01", reference="R-1"
    )

    changed = application.update_task(
        id=task_id, description="", owner_id=0, date_due="", reference=""
    )

    assert changed is True
    assert application.get_task(task_id=task_id) == documented.task(run.url, board, task_id)


def test_open_and_closed_tasks_are_listed_apart(application, run, board):
    first, second, third = (
        application.create_task(title="Write", project_id=board.id) for _ in range(3)
    )
    closed = application.close_task(task_id=first)

    opened = application.get_all_tasks(project_id=board.id, status_id=1)

    done = {"is_active": 0, "date_completed": RECENT, "position": "0"}
    assert closed is True
    assert opened == [
        documented.task(run.url, board, second),
        documented.task(run.url, board, third, position="2"),
    ]
    assert application.get_all_tasks(project_id=board.id, status_id=0) == [
        documented.task(run.url, board, first, **done)
    ]
    assert application.get_all_tasks(project_id=board.id) == opened


def test_a_task_that_is_opened_again_is_where_it_was(application, run, board, task_id):
    second = application.create_task(title="Read", project_id=board.id)
    application.close_task(task_id=task_id)

    opened = application.open_task(task_id=task_id)

    shown = [
        (task["id"], task["position"])
        for task in application.get_all_tasks(project_id=board.id, status_id=1)
    ]
    assert opened is True
    assert shown == [(str(task_id), "1"), (str(second), "2")]
    assert application.get_task(task_id=task_id) == documented.task(run.url, board, task_id)


def test_a_task_is_removed(application, board, task_id):
    removed = application.remove_task(task_id=task_id), application.remove_task(task_id=task_id)

    assert removed == (True, False)
    assert application.get_task(task_id=task_id) is None
    assert application.get_all_tasks(project_id=board.id, status_id=1) == []


def test_tasks_that_cannot_be_are_refused(application, board, task_id):
    answers = [
        application.create_task(title=" ", project_id=board.id),
        application.create_task(title="Write", project_id=999),
        application.create_task(title="Write", project_id=board.id, column_id=1),
        application.create_task(title="Write", project_id=board.id, color_id="no colour"),
        application.create_task(title="Write", project_id=board.id, owner_id=999),
        application.create_task(title="Write", project_id=board.id, date_due="soon"),
        application.create_task(title="Write", project_id=board.id, recurrence_status=1),
        application.update_task(id=task_id, title=""),
        application.update_task(id=999, title="Write"),
        application.close_task(task_id=999),
        application.open_task(task_id=999),
        application.get_all_tasks(project_id=999, status_id=1),
    ]

    assert answers == [False] * 12
    assert [task["id"] for task in application.get_all_tasks(project_id=board.id)] == [str(task_id)]


def test_a_call_that_lacks_a_parameter_is_told_which(application, board):
    with error_answer("Invalid params: title: is required"):
        application.create_task(project_id=board.id)


def test_a_stranger_may_not_touch_a_task(application, run, board, person, task_id):
    for call in (person.client.get_task, person.client.close_task, person.client.remove_task):
        with error_answer("403"):
            call(task_id=task_id)

    assert application.get_task(task_id=task_id) == documented.task(run.url, board, task_id)


@pytest.mark.parametrize("who", ["admin", None])
def test_overdue_tasks_are_told(application, board, who):
    more = {"owner_id": 1} if who else {}
    task = application.create_task(
        title="Write", project_id=board.id, date_due="2020-01-01", **more
    )
    application.create_task(title="Not yet", project_id=board.id, date_due="2120-01-01")
    application.create_task(title="Never", project_id=board.id)

    told = (
        application.get_overdue_tasks(),
        application.get_overdue_tasks_by_project(project_id=board.id),
    )

    assert (
        told
        == (
            [
                documented.overdue_task(
                    board, task, owner_id=str(int(bool(who))), assignee_username=who
                )
            ],
        )
        * 2
    )
    assert application.get_overdue_tasks_by_project(project_id=1) == []
