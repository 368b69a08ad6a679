"""Tasks: moved, duplicated and searched."""

import pytest

from tests.support import documented
from tests.support.documented import Board

pytestmark = pytest.mark.xdist_group("clients")


@pytest.fixture
def three(application, board):
    return [
        application.create_task(title=title, project_id=board.id)
        for title in ("Write", "Read", "Send")
    ]


@pytest.fixture
def other(application):
    number = application.create_project(name="Other")
    yield Board(
        number, [int(column["id"]) for column in application.get_columns(project_id=number)]
    )
    application.remove_project(project_id=number)


def standing(application, board):
    [lane] = application.get_board(project_id=board.id)
    return [
        [(int(task["id"]), task["position"]) for task in column["tasks"]]
        for column in lane["columns"][:2]
    ]


@pytest.mark.parametrize(
    ("place", "order"),
    [(1, [2, 0, 1]), (2, [0, 2, 1]), (3, [0, 1, 2]), (9, [0, 1, 2])],
)
def test_a_task_is_moved_within_its_column(application, board, three, place, order):
    moved = application.move_task_position(
        project_id=board.id,
        task_id=three[2],
        column_id=board.columns[0],
        position=place,
        swimlane_id=0,
    )

    stands = [(three[number], str(index)) for index, number in enumerate(order, start=1)]
    assert (moved, standing(application, board)) == (True, [stands, []])


def test_a_task_is_moved_to_another_column(application, run, board, three):
    moved = application.move_task_position(
        project_id=board.id, task_id=three[0], column_id=board.columns[1], position=1, swimlane_id=0
    )

    there = {"column_id": str(board.columns[1])}
    assert (moved, standing(application, board)) == (
        True,
        [[(three[1], "1"), (three[2], "2")], [(three[0], "1")]],
    )
    assert application.get_task(task_id=three[0]) == documented.task(
        run.url, board, three[0], **there
    )


def test_moves_that_cannot_be_are_refused(application, board, task_id):
    there = {
        "project_id": board.id,
        "task_id": task_id,
        "column_id": board.columns[0],
        "position": 1,
    }

    answers = [
        application.move_task_position(**there | {"position": 0}),
        application.move_task_position(**there | {"column_id": 1}),
        application.move_task_position(**there | {"project_id": 1}),
        application.move_task_position(**there | {"task_id": 999}),
        application.move_task_to_project(task_id=task_id, project_id=999),
        application.move_task_to_project(task_id=task_id, project_id=board.id),
        application.duplicate_task_to_project(task_id=task_id, project_id=999),
    ]

    assert answers == [False] * 7
    assert standing(application, board) == [[(task_id, "1")], []]


def test_a_task_is_moved_to_another_project(application, run, board, other, task_id):
    application.create_task(title="First there", project_id=other.id)
    application.update_task(id=task_id, tags=["soon"])

    moved = application.move_task_to_project(task_id=task_id, project_id=other.id)

    assert moved is True
    assert application.get_task(task_id=task_id) == documented.task(
        run.url, other, task_id, position="2"
    )
    assert standing(application, board) == [[], []]
    assert list(application.get_task_tags(task_id=task_id).values()) == ["soon"]


def test_a_task_is_moved_to_where_it_is_told(application, run, other, task_id):
    category = application.create_category(project_id=other.id, name="Bug")
    there = {"column_id": other.columns[2], "category_id": category, "owner_id": 1}

    moved = application.move_task_to_project(
        task_id=task_id, project_id=other.id, swimlane_id=0, **there
    )

    shown = {name: str(value) for name, value in there.items()}
    assert moved is True
    assert application.get_task(task_id=task_id) == documented.task(
        run.url, other, task_id, **shown
    )


def test_a_task_is_duplicated(application, run, board, other, task_id):
    said = {"color_id": "red", "description": "More", "reference": "R-1"}
    application.update_task(id=task_id, **said, score=3, date_due="2020-01-01", tags=["soon"])

    number = application.duplicate_task_to_project(task_id=task_id, project_id=other.id)

    said |= {"score": "3", "date_due": "1577836800"}
    assert application.get_task(task_id=number) == documented.task(run.url, other, number, **said)
    assert application.get_task(task_id=task_id) == documented.task(run.url, board, task_id, **said)
    assert list(application.get_task_tags(task_id=number).values()) == ["soon"]


def test_a_duplicate_is_put_where_it_is_told(application, run, other, task_id):
    category = application.create_category(project_id=other.id, name="Bug")
    there = {"column_id": other.columns[2], "category_id": category, "owner_id": 1}

    number = application.duplicate_task_to_project(
        task_id=task_id, project_id=other.id, swimlane_id=0, **there
    )

    shown = {name: str(value) for name, value in there.items()}
    assert application.get_task(task_id=number) == documented.task(run.url, other, number, **shown)


def test_a_search_shows_tasks_as_boards_do(application, board, three):
    application.update_task(id=three[1], owner_id=1)

    found = application.search_tasks(project_id=board.id, query="assignee:admin")

    who = {"owner_id": "1", "assignee_username": "admin", "assignee_email": ""}
    assert found == [documented.extended_task(board, three[1], title="Read", position="2", **who)]


FOUND = {
    "": ["Write", "Read", "Send"],
    "status:open": ["Write", "Read"],
    "status:closed": ["Send"],
    "assignee:nobody": ["Write", "Send"],
    "assignee:me": ["Read"],
    "color:red": ["Write"],
    "column:Ready": ["Read"],
    "title:rea": ["Read"],
    "due:<2021-01-01": ["Write"],
    "due:2020-01-01 wri": ["Write"],
    "due:>2020-01-01": [],
    "wri": ["Write"],
    "color:red color:blue status:open": ["Write", "Read"],
    "color:red assignee:me": [],
    "tag:soon": ["Send"],
}


def test_queries_find_what_they_say(administrator, board, three):
    administrator.update_task(id=three[0], color_id="red", date_due="2020-01-01")
    administrator.update_task(id=three[1], owner_id=1)
    administrator.move_task_position(
        project_id=board.id, task_id=three[1], column_id=board.columns[1], position=1
    )
    administrator.update_task(id=three[2], tags=["soon"])
    administrator.close_task(task_id=three[2])

    found = {query: administrator.search_tasks(project_id=board.id, query=query) for query in FOUND}

    assert {query: [task["title"] for task in tasks] for query, tasks in found.items()} == FOUND


def test_a_query_that_cannot_be_read_is_refused(application, board):
    answers = [
        application.search_tasks(project_id=board.id, query="due:never"),
        application.search_tasks(project_id=board.id, query="status:odd"),
        application.search_tasks(project_id=999, query=""),
    ]

    assert answers == [False] * 3
