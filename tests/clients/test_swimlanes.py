"""The one swimlane of a board, which has the id of its project."""

import pytest

from tests.clients.conftest import error_answer
from tests.support import documented

pytestmark = pytest.mark.xdist_group("clients")


def test_a_board_has_the_default_swimlane(application, board):
    one = documented.lane(board.id)

    lists = (
        application.get_active_swimlanes(project_id=board.id),
        application.get_all_swimlanes(project_id=board.id),
    )
    single = [
        application.get_default_swimlane(project_id=board.id),
        application.get_swimlane(swimlane_id=board.id),
        application.get_swimlane_by_id(swimlane_id=board.id),
        application.get_swimlane_by_name(project_id=board.id, name="Default swimlane"),
    ]

    assert (lists, single) == (([one], [one]), [one] * 4)


def test_a_task_is_in_the_swimlane_of_its_project_whether_that_is_named_or_zero(
    application, board, task_id
):
    where = {"project_id": board.id, "column_id": board.columns[1], "position": 1}

    moved = [
        application.move_task_position(task_id=task_id, swimlane_id=number, **where)
        for number in (0, board.id)
    ]
    made = application.create_task(title="Read", project_id=board.id, swimlane_id=board.id)

    shown = [application.get_task(task_id=number)["swimlane_id"] for number in (task_id, made)]
    assert (moved, shown) == ([True, True], [str(board.id)] * 2)


def test_what_is_not_there_has_no_swimlanes(application, board):
    answers = [
        application.get_active_swimlanes(project_id=999),
        application.get_all_swimlanes(project_id=999),
        application.get_default_swimlane(project_id=999),
        application.get_swimlane(swimlane_id=0),
        application.get_swimlane_by_id(swimlane_id=999),
        application.get_swimlane_by_name(project_id=board.id, name="Another"),
    ]

    assert answers == [None] * 6


def test_a_swimlane_is_shown_to_members_alone(board, person):
    with error_answer("403"):
        person.client.get_swimlane(swimlane_id=board.id)
