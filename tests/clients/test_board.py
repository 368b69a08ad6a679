"""Boards."""

import pytest

from tests.clients import shapes

pytestmark = pytest.mark.xdist_group("clients")


def test_a_board_shows_each_column_with_its_open_tasks(application, board):
    first = application.create_task(title="Write", project_id=board.id, score=3)
    second = application.create_task(title="Read", project_id=board.id, score=5, column_id=board.columns[2])
    third = application.create_task(title="Send", project_id=board.id)
    application.close_task(task_id=application.create_task(title="Done", project_id=board.id))

    [lane] = application.get_board(project_id=board.id)

    there = {"column_id": str(board.columns[2]), "column_name": "Work in progress", "column_position": "3"}
    first_shown = shapes.extended_task(board, first, score="3")
    second_shown = shapes.extended_task(board, second, title="Read", score="5", **there)
    third_shown = shapes.extended_task(board, third, title="Send", position="2")
    columns = shapes.columns(board)
    assert lane == {
        "id": 0,
        "name": "Default swimlane",
        "columns": [
            columns[0] | {"tasks": [first_shown, third_shown], "nb_tasks": 2, "score": 3},
            columns[1] | {"tasks": [], "nb_tasks": 0, "score": 0},
            columns[2] | {"tasks": [second_shown], "nb_tasks": 1, "score": 5},
            columns[3] | {"tasks": [], "nb_tasks": 0, "score": 0},
        ],
        "nb_columns": 4,
        "nb_tasks": 3,
    }


def test_a_task_on_a_board_shows_the_names_of_what_it_has(application, board, person):
    application.add_project_user(project_id=board.id, user_id=person.id)
    application.update_user(id=person.id, name="Alice")
    category = application.create_category(project_id=board.id, name="Bug")
    task = application.create_task(
        title="Write", project_id=board.id, category_id=category, owner_id=person.id, tags=["soon"]
    )
    application.create_comment(task_id=task, user_id=person.id, content="Well")

    [lane] = application.get_board(project_id=board.id)

    who = {"owner_id": str(person.id), "assignee_username": person.name, "assignee_name": "Alice"}
    what = {"category_id": str(category), "category_name": "Bug", "nb_comments": "1"}
    tags = application.get_tags_by_project(project_id=board.id)
    assert [tag["name"] for tag in tags] == ["soon"]
    assert lane["columns"][0]["tasks"] == [shapes.extended_task(board, task, **who, **what, tags=tags)]


def test_a_board_is_had_in_pages(application, board):
    tasks = [application.create_task(title="Write", project_id=board.id) for _ in range(3)]

    [lane] = application.get_board(project_id=board.id, limit=1, offset=1)

    assert lane["columns"][0]["tasks"] == [shapes.extended_task(board, tasks[1], position="2")]
    assert lane["columns"][0]["nb_tasks"] == 3


def test_what_is_not_there_is_an_empty_board(application):
    assert application.get_board(project_id=999) == []
