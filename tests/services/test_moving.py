"""Tasks move within and between columns, and only the moved one is written."""

import pytest

from chalicelib.adapters.tables import Task
from chalicelib.domain.errors import Refused
from chalicelib.services import board, moving, projects

pytestmark = pytest.mark.usefixtures("cloud")


def column(column_id):
    return "".join(task.title for task in Task.by_column.query(column_id))


def add(titles):
    return {title: board.create_task({"title": title}) for title in titles}


@pytest.mark.parametrize(
    ("title", "place", "order"),
    [
        ("a", 1, "abcd"),
        ("a", 2, "bacd"),
        ("a", 3, "bcad"),
        ("a", 4, "bcda"),
        ("a", 99, "bcda"),
        ("d", 1, "dabc"),
        ("d", 2, "adbc"),
        ("c", 3, "abcd"),
        ("b", 1, "bacd"),
    ],
)
def test_a_task_moves_to_its_place_in_the_column(title, place, order):
    ids = add("abcd")

    moving.move_task(ids[title], 1, place)

    assert column(1) == order
    assert {task.title for task in Task.scan() if task.version > 1} <= {title}


def test_a_task_moves_into_another_column():
    ids = add("abc")

    for place, title in enumerate("cab", start=1):
        moving.move_task(ids[title], 3, place)

    assert (column(1), column(3)) == ("", "cab")


def test_beyond_the_end_of_an_empty_column_is_its_top():
    ids = add("a")

    moving.move_task(ids["a"], 2, 99)

    assert (column(1), column(2)) == ("", "a")


def test_the_end_of_a_column_is_below_the_last_open_task():
    ids = add("abcd")
    board.close_task(ids["d"])

    moving.move_task(ids["a"], 1, 99)

    assert column(1).replace("d", "") == "bca"


def test_a_new_task_stands_below_one_that_was_moved_to_the_end():
    ids = add("ab")

    moving.move_task(ids["a"], 1, 2)
    add("c")

    assert column(1) == "bac"


def test_closed_tasks_count_for_no_place():
    ids = add("abcd")
    board.close_task(ids["a"])

    moving.move_task(ids["d"], 1, 2)

    assert column(1).replace("a", "") == "bdc"


def test_room_is_made_where_neighbours_stand_too_close():
    ids = add("abcdef")

    for turn in range(24):
        title = "cdef"[turn % 4]
        moving.move_task(ids[title], 1, 2)
        rest = column(1).replace(title, "")
        assert column(1) == rest[:1] + title + rest[1:]

    assert column(1)[0] == "a"


@pytest.mark.parametrize("neighbour_is_closed", [False, True])
def test_two_tasks_at_one_position_are_told_apart(neighbour_is_closed):
    ids = add("abc")
    position = int(board.find_task(ids["a"]).position)
    for title in "ab":
        board.change_task(ids[title], lambda _: {"position": position, "is_active": int(not neighbour_is_closed)})

    moving.move_task(ids["c"], 1, 1 if neighbour_is_closed else 2)

    order = column(1)
    assert sorted(order) == ["a", "b", "c"]
    assert neighbour_is_closed or order[1] == "c"


@pytest.mark.parametrize(
    ("column_id", "place", "reason"),
    [
        (5, 1, "column_id: project 1 has no such column"),
        (0, 1, "column_id: project 1 has no such column"),
        (1, 0, "position: takes a whole number, 1 or more"),
        (1, -3, "position: takes a whole number, 1 or more"),
    ],
)
def test_a_task_stays_where_the_place_is_none(column_id, place, reason):
    projects.add_project("Second")
    ids = add("ab")

    with pytest.raises(Refused, match=f"^{reason}$"):
        moving.move_task(ids["a"], column_id, place)

    assert column(1) == "ab"
