"""Boards."""

import pytest

from tests.support import documented

pytestmark = pytest.mark.xdist_group("clients")


def test_a_board_shows_each_column_with_its_open_tasks(application, board):
    first = application.create_task(title="Write", project_id=board.id, score=3)
    second = application.create_task(
        title="Read", project_id=board.id, score=5, column_id=board.columns[2]
    )
    third = application.create_task(title="Send", project_id=board.id)
    application.close_task(task_id=application.create_task(title="Done", project_id=board.id))

    [lane] = application.get_board(project_id=board.id)

    there = {
        "column_id": str(board.columns[2]),
        "column_name": "Work in progress",
        "column_position": "3",
    }
    first_shown = on_board(board, first, score="3")
    second_shown = on_board(board, second, title="Read", score="5", **there)
    third_shown = on_board(board, third, title="Send", position="2")
    columns = documented.columns(board)
    assert lane == documented.lane(board.id) | {
        "id": board.id,
        "columns": [
            columns[0] | sums(2, 3) | {"tasks": [first_shown, third_shown]},
            columns[1] | sums(0, 0) | {"tasks": []},
            columns[2] | sums(1, 5) | {"tasks": [second_shown]},
            columns[3] | sums(0, 0) | {"tasks": []},
        ],
        "nb_swimlanes": 1,
        "nb_columns": 4,
        "nb_tasks": 3,
        "score": 8,
    }


def on_board(board, number, **changed):
    """Return a task as a board shows it to whoever may not drag it."""
    return documented.extended_task(board, number, **{"is_draggable": False, **changed})


def sums(count, score):
    """Return what is counted of a column."""
    return {
        "nb_tasks": count,
        "nb_open_tasks": str(count),
        "column_nb_open_tasks": str(count),
        "nb_visible_tasks_across_swimlane": count,
        "nb_unfiltered_tasks_across_swimlane": str(count),
        "score": score,
        "cumulative_score_across_swimlane": score,
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

    who = {
        "owner_id": str(person.id),
        "assignee_username": person.name,
        "assignee_name": "Alice",
        "assignee_email": "",
    }
    what = {"category_id": str(category), "category_name": "Bug", "nb_comments": "1"}
    tags = application.get_tags_by_project(project_id=board.id)
    assert [tag["name"] for tag in tags] == ["soon"]
    own = [tag | {"task_id": str(task)} for tag in tags]
    assert lane["columns"][0]["tasks"] == [on_board(board, task, **who, **what, tags=own)]


def test_who_may_move_tasks_may_drag_them(application, board, task_id, person):
    drag = []
    for role in ("project-viewer", "project-member"):
        application.remove_project_user(project_id=board.id, user_id=person.id)
        application.add_project_user(project_id=board.id, user_id=person.id, role=role)
        [lane] = person.client.get_board(project_id=board.id)
        drag += [(int(task["id"]), task["is_draggable"]) for task in lane["columns"][0]["tasks"]]

    assert drag == [(task_id, False), (task_id, True)]


def test_a_board_is_had_in_pages(application, board):
    tasks = [application.create_task(title="Write", project_id=board.id) for _ in range(3)]

    [lane] = application.get_board(project_id=board.id, limit=1, offset=1)

    assert lane["columns"][0]["tasks"] == [on_board(board, tasks[1], position="2")]
    assert lane["columns"][0]["nb_tasks"] == 3


def test_what_is_not_there_is_an_empty_board(application):
    assert application.get_board(project_id=999) == []
