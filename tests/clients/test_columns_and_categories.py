"""Columns and categories."""

import pytest

from tests.support import documented

pytestmark = pytest.mark.xdist_group("clients")


def test_the_columns_of_a_new_board_are_four(application, board):
    listed = application.get_columns(project_id=board.id)
    first = application.get_column(column_id=board.columns[0])

    assert listed == documented.columns(board)
    assert first == listed[0]


def test_a_column_is_added_behind_the_others(application, board):
    plain = application.add_column(project_id=board.id, title="Later")
    full = application.add_column(
        project_id=board.id, title="Never", task_limit=3, description="Not now"
    )

    wider = board._replace(columns=[*board.columns, plain, full])
    assert application.get_columns(project_id=board.id) == [
        *documented.columns(board),
        documented.column(wider, 4, "Later"),
        documented.column(wider, 5, "Never", task_limit="3", description="Not now"),
    ]


def test_a_column_is_changed(application, board):
    changed = application.update_column(
        column_id=board.columns[1], title="Next", task_limit=5, description="Soon"
    )

    shown = application.get_column(column_id=board.columns[1])
    assert changed is True
    assert shown == documented.column(board, 1, "Next", task_limit="5", description="Soon")


def test_a_column_is_moved(application, board):
    moved = application.change_column_position(
        project_id=board.id, column_id=board.columns[3], position=1
    )

    titles = [
        (column["title"], column["position"])
        for column in application.get_columns(project_id=board.id)
    ]
    assert moved is True
    assert titles == [("Done", "1"), ("Backlog", "2"), ("Ready", "3"), ("Work in progress", "4")]


def test_a_column_is_removed_once_it_has_no_tasks(application, board, task_id):
    refused = application.remove_column(column_id=board.columns[0])
    application.close_task(task_id=task_id)
    removed = application.remove_column(column_id=board.columns[0])

    ids = [int(column["id"]) for column in application.get_columns(project_id=board.id)]
    assert (refused, removed, ids) == (False, True, board.columns[1:])


def test_the_last_column_of_a_project_stays(application, board):
    removed = [application.remove_column(column_id=number) for number in board.columns]

    assert removed == [True, True, True, False]
    assert [
        int(column["id"]) for column in application.get_columns(project_id=board.id)
    ] == board.columns[3:]


def test_no_two_columns_of_a_project_have_one_title(application, board):
    added = application.add_column(project_id=board.id, title="Ready")
    renamed = application.update_column(column_id=board.columns[0], title="Ready")
    kept = application.update_column(column_id=board.columns[0], title="Backlog", task_limit=2)

    assert (added, renamed, kept) == (False, False, True)
    assert [column["title"] for column in application.get_columns(project_id=board.id)] == [
        *("Backlog", "Ready", "Work in progress", "Done"),
    ]


def test_columns_that_cannot_be_are_refused(application, board):
    answers = [
        application.add_column(project_id=board.id, title=" "),
        application.add_column(project_id=999, title="Later"),
        application.update_column(column_id=999, title="Later"),
        application.change_column_position(
            project_id=board.id, column_id=board.columns[0], position=5
        ),
        application.remove_column(column_id=999),
        application.get_column(column_id=999),
        application.get_columns(project_id=999),
    ]

    assert answers == [False, False, False, False, False, None, []]


def category(board, number, name, color_id=None):
    return {
        "id": str(number),
        "name": name,
        "project_id": str(board.id),
        "description": None,
        "color_id": color_id,
    }


def test_categories_are_created_and_listed(application, board):
    plain = application.create_category(project_id=board.id, name="Bug")
    red = application.create_category(project_id=board.id, name="Wish", color_id="red")

    listed = application.get_all_categories(project_id=board.id)
    assert listed == [
        category(board, plain, "Bug"),
        category(board, red, "Wish", "red"),
    ]
    assert application.get_category(category_id=red) == listed[1]


def test_a_category_is_renamed(application, board):
    number = application.create_category(project_id=board.id, name="Bug")

    renamed = application.update_category(id=number, name="Error", color_id="red")

    shown = application.get_category(category_id=number)
    assert renamed is True
    assert shown == category(board, number, "Error", "red")


def test_tasks_lose_a_category_that_is_removed(application, board):
    number = application.create_category(project_id=board.id, name="Bug")
    task = application.create_task(title="Write", project_id=board.id, category_id=number)

    removed = application.remove_category(category_id=number)

    shown = (
        application.get_task(task_id=task)["category_id"],
        application.get_all_categories(project_id=board.id),
    )
    assert (removed, shown) == (True, ("0", []))


def test_categories_that_cannot_be_are_refused(application, board):
    number = application.create_category(project_id=board.id, name="Bug")

    answers = [
        application.create_category(project_id=board.id, name="Bug"),
        application.create_category(project_id=board.id, name="Wish", color_id="no colour"),
        application.update_category(id=number, name=""),
        application.remove_category(category_id=999),
        application.get_category(category_id=999),
        application.get_all_categories(project_id=999),
    ]

    assert answers == [False, False, False, False, None, False]
