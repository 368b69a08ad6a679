"""Tasks move within and between columns and projects, and only the moved one is written."""

import random

import pytest

from chalicelib.adapters.dynamodb.tables import Task
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.services.projects import projects
from chalicelib.services.tasks import lifecycle, moving, places

pytestmark = pytest.mark.usefixtures("cloud")


def column(column_id):
    titles = {task.task_id: task.title for task in Task.scan()}
    return "".join(titles[task.task_id] for task in Task.by_column.query(column_id))


def ids_of_new(titles):
    return {title: lifecycle.create_task({"title": title}) for title in titles}


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
    ids = ids_of_new("abcd")

    moving.move_task(ids[title], 1, place)

    assert column(1) == order
    assert {task.title for task in Task.scan() if task.version > 1} <= {title}


def test_a_task_moves_into_another_column():
    ids = ids_of_new("abc")

    for place, title in enumerate("cab", start=1):
        moving.move_task(ids[title], 3, place)

    assert (column(1), column(3)) == ("", "cab")


def test_beyond_the_end_of_an_empty_column_is_its_top():
    ids = ids_of_new("a")

    moving.move_task(ids["a"], 2, 99)

    assert (column(1), column(2)) == ("", "a")


@pytest.mark.parametrize(
    ("title", "other", "is_above", "order"),
    [
        ("a", "d", True, "bcad"),
        ("a", "d", False, "bcda"),
        ("a", "b", True, "abcd"),
        ("a", "b", False, "bacd"),
        ("d", "a", True, "dabc"),
        ("d", "a", False, "adbc"),
        ("d", "c", False, "abcd"),
        ("c", "c", True, "abcd"),
    ],
)
def test_a_task_moves_beside_another_one(title, other, is_above, order):
    ids = ids_of_new("abcd")

    moving.move_task(ids[title], 1, moving.Beside(ids[other], is_above))

    assert column(1) == order
    assert {task.title for task in Task.scan() if task.version > 1} <= {title}


def test_room_is_made_beside_a_task_as_well():
    ids = ids_of_new("abcdef")

    for turn in range(24):
        title = "cdef"[turn % 4]
        moving.move_task(ids[title], 1, moving.Beside(ids["a"], is_above=False))
        assert column(1)[:2] == "a" + title

    assert sorted(column(1)) == list("abcdef")


@pytest.mark.parametrize("change", [{"is_active": 0}, {"column_id": 2}])
def test_no_task_moves_beside_one_that_has_just_left(change):
    ids = ids_of_new("abc")
    lifecycle.change_task(ids["c"], lambda _: change)

    with pytest.raises(Refused, match="no longer in that column"):
        moving.move_task(ids["a"], 1, moving.Beside(ids["c"], is_above=True))

    assert column(1) == "ab"


def test_the_end_of_a_column_is_below_the_last_open_task():
    ids = ids_of_new("abcd")
    lifecycle.close_task(ids["d"])

    moving.move_task(ids["a"], 1, 99)

    assert column(1) == "bca"


def test_a_new_task_stands_below_one_that_was_moved_to_the_end():
    ids = ids_of_new("ab")

    moving.move_task(ids["a"], 1, 2)
    ids_of_new("c")

    assert column(1) == "bac"


def test_closed_tasks_count_for_no_place():
    ids = ids_of_new("abcd")
    lifecycle.close_task(ids["a"])

    moving.move_task(ids["d"], 1, 2)

    assert column(1) == "bdc"


def test_room_is_made_where_neighbours_stand_too_close():
    ids = ids_of_new("abcdef")

    for turn in range(24):
        title = "cdef"[turn % 4]
        moving.move_task(ids[title], 1, 2)
        rest = column(1).replace(title, "")
        assert column(1) == rest[:1] + title + rest[1:]

    assert column(1)[0] == "a"


def test_two_tasks_at_one_position_are_told_apart():
    ids = ids_of_new("abc")
    position = int(lifecycle.find_task(ids["a"]).position)
    lifecycle.change_task(ids["b"], lambda _: {"position": position})

    moving.move_task(ids["c"], 1, 2)

    assert column(1) in {"acb", "bca"}


def test_a_closed_neighbour_at_the_same_position_is_in_nobodys_way():
    ids = ids_of_new("abc")
    position = int(lifecycle.find_task(ids["a"]).position)
    lifecycle.change_task(ids["b"], lambda _: {"position": position, "is_active": 0})

    moving.move_task(ids["c"], 1, 1)

    assert (column(1), lifecycle.find_task(ids["a"]).version) == ("ca", 1)


def test_in_a_long_column_any_task_goes_to_any_place():
    chance, order = random.Random(4), [chr(ord("A") + number) for number in range(30)]
    ids = ids_of_new(order)

    for _ in range(40):
        title, place = chance.choice(order), chance.randint(1, 32)
        moving.move_task(ids[title], 1, place)
        order.remove(title)
        order.insert(place - 1, title)

        assert places.place_of(lifecycle.find_task(ids[title])) == order.index(title) + 1
        assert column(1) == "".join(order)


def test_a_move_is_one_event(cloud):
    ids = ids_of_new("abcdefgh")
    cloud.records()

    moving.move_task(ids["h"], 1, 3, author=1)

    [record] = cloud.records()
    assert record["dynamodb"]["Keys"]["task_id"]["N"] == str(ids["h"])
    assert record["dynamodb"]["NewImage"]["changed_by"]["N"] == "1"


@pytest.mark.parametrize(("title", "place"), [("a", 1), ("b", 2), ("c", 3), ("c", 99)])
def test_a_move_to_where_the_task_stands_writes_nothing(cloud, title, place):
    ids = ids_of_new("abc")
    cloud.records()

    moving.move_task(ids[title], 1, place)

    assert (cloud.records(), column(1)) == ([], "abc")


def test_a_closed_task_has_no_place_and_does_not_move():
    ids = ids_of_new("ab")
    closed = lifecycle.close_task(ids["a"])

    with pytest.raises(Refused, match="^task_id: task 1 is closed$"):
        moving.move_task(ids["a"], 2, 1)

    assert lifecycle.find_task(ids["a"]).attribute_values == closed.attribute_values
    assert (places.place_of(closed), column(1), column(2)) == (0, "b", "")


def test_a_reopened_task_stands_where_it_stood():
    ids = ids_of_new("abc")
    lifecycle.close_task(ids["b"])

    reopened = lifecycle.reopen_task(ids["b"])

    assert (places.place_of(reopened), column(1)) == (2, "abc")


def test_a_task_of_another_project_than_the_caller_believes_stays():
    projects.add_project("Second")
    ids = ids_of_new("a")

    with pytest.raises(NotFound, match="^there is no task 1 in project 2$"):
        moving.move_task(ids["a"], 5, 1, project_id=2)

    assert column(1) == "a"


def test_a_task_that_is_not_there_does_not_move():
    with pytest.raises(NotFound, match="^there is no task 7$"):
        moving.move_task(7, 1, 1)


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
    ids = ids_of_new("ab")

    with pytest.raises(Refused, match=f"^{reason}$"):
        moving.move_task(ids["a"], column_id, place)

    assert column(1) == "ab"
