"""Places in long columns, whatever happens to the column while it is counted."""

import random
import time

import pytest

from chalicelib.adapters.dynamodb.client import client
from chalicelib.adapters.dynamodb.tables import Places, Task
from chalicelib.domain import marks
from chalicelib.services.projects import projects
from chalicelib.services.tasks import lifecycle, moving, places, queries, removal
from tests.support.deliveries import FINE

TABLE = "taskhook-dev-tasks"


@pytest.fixture(autouse=True)
def cloud(cloud, monkeypatch):
    """Columns are long from five tasks on."""
    monkeypatch.setattr(marks, "APART", 2)
    monkeypatch.setattr(marks, "MOST", 8)
    return cloud


@pytest.fixture
def long():
    """A column of twelve tasks that has marks."""
    ids = [lifecycle.create_task({"title": str(number)}) for number in range(12)]
    place_of(ids[-1])
    return ids


def place_of(task_id):
    return places.place_of(lifecycle.find_task(task_id))


def standing(column_id=1):
    """Return the ids of a column from top to bottom."""
    rows = [task for task in Task.scan() if task.is_active and task.column_id == column_id]
    return [int(task.task_id) for task in sorted(rows, key=lambda row: (row.position, row.task_id))]


def shown(column_id=1):
    """Return the ids of a column by the places that are answered."""
    return sorted(standing(column_id), key=place_of)


def is_right(column_id=1):
    """Tell whether each place is answered as it is, from 1 on, and the counts are right."""
    order = standing(column_id)
    found = Places.find(column_id).marks
    ranks = [int(task.rank) for task in Task.by_column.query(column_id)]
    ends = zip((float("-inf"), *found.ranks), found.ranks, strict=False)
    assert found.counts == tuple(sum(a <= rank < b for rank in ranks) for a, b in ends)
    return [place_of(task_id) for task_id in order] == list(range(1, len(order) + 1))


@pytest.mark.usefixtures("long")
def test_a_long_column_is_counted_once():
    assert len(Places.find(1).marks.ranks) >= 4
    assert projects.find_project(1).long_columns == {1}
    assert is_right()


def test_a_short_column_is_not_counted():
    ids = [lifecycle.create_task({"title": str(number)}) for number in range(4)]

    assert [place_of(task_id) for task_id in ids] == [1, 2, 3, 4]
    assert Places.find(1).edition == ""
    assert projects.find_project(1).long_columns is None


def test_what_users_do_is_counted_at_once(cloud, long):
    chance = random.Random(7)
    for _ in range(60):
        one = chance.choice(long)
        match chance.randrange(6):
            case 0:
                lifecycle.close_task(one)
            case 1:
                lifecycle.reopen_task(one)
            case 2:
                long.append(lifecycle.create_task({"title": "x"}))
            case 3 if len(long) > 8:
                removal.remove_task(one)
                long.remove(one)
            case _:
                if lifecycle.find_task(one).is_active:
                    moving.move_task(one, chance.choice([1, 1, 2]), chance.randint(1, 14))
        assert is_right()
    assert (is_right(2), cloud.pump(), is_right(), is_right(2)) == (True, FINE, True, True)


def put(task_id, **fields):
    """Write a row by hand, or remove it."""
    key = {"task_id": {"N": str(task_id)}}
    if not fields:
        client().delete_item(TableName=TABLE, Key=key)
        return
    row = client().get_item(TableName=TABLE, Key=key).get("Item", key | {"project_id": {"N": "1"}})
    client().put_item(TableName=TABLE, Item=row | fields)


@pytest.mark.parametrize(
    "edit",
    [
        lambda ids: put(ids[0]),
        lambda ids: put(ids[0], column_id={"N": "2"}),
        lambda ids: put(ids[0], position={"N": "9437185"}),
        lambda ids: put(ids[3], is_active={"N": "0"}),
        lambda _: put(999, column_id={"N": "1"}, position={"N": "5"}, title={"S": "by hand"}),
        lambda ids: [put(number) for number in ids[:9]],
    ],
)
def test_edits_by_hand_are_counted_by_dispatch(cloud, long, edit):
    cloud.pump()

    edit(long)
    answers = [cloud.pump(), cloud.pump()]  # the second sees what the first has completed

    assert answers == [FINE, FINE]
    assert is_right()


def test_a_count_that_dispatch_has_corrected_is_made_again_soon(cloud, long):
    Places.replace(1, Places.find(1), Places.find(1).marks, time.time() + places.LIFETIME)

    put(long[3], is_active={"N": "0"})
    cloud.pump()
    cloud.pump()  # it sees what the first has completed

    assert is_right()
    assert Places.find(1).expires_at <= time.time() + places.RECOUNTED_LIFETIME


def test_an_add_that_comes_late_is_counted_by_dispatch(cloud, long, monkeypatch):
    late = lifecycle._task_ids.next()
    for _ in range(9):
        long.append(lifecycle.create_task({"title": "x"}))
    place_of(long[-1])
    monkeypatch.setattr(lifecycle._task_ids, "next", lambda: late)
    lifecycle.create_task({"title": "late"})

    answer = cloud.pump()

    assert (answer, is_right(), place_of(late)) == (FINE, True, 13)


def test_a_change_that_is_cut_short_is_counted_by_dispatch(cloud, long, monkeypatch):
    cloud.pump()
    monkeypatch.setattr(places, "_rewrite", lambda *_: None)
    moving.move_task(long[-1], 1, 1)

    answer = cloud.pump()

    assert (answer, is_right()) == (FINE, True)


def test_dispatch_that_is_quicker_than_the_mover_counts_the_move_once(cloud, long, monkeypatch):
    cloud.pump()
    change = Task.change

    def change_and_dispatch(*arguments):
        change(*arguments)
        cloud.pump()

    monkeypatch.setattr(Task, "change", change_and_dispatch)
    moving.move_task(long[-1], 1, 1)

    assert is_right()


def test_two_movers_at_the_same_moment_are_both_counted(cloud, long, monkeypatch):
    cloud.pump()
    change = Task.change

    def change_after_another(task, *arguments):
        monkeypatch.setattr(Task, "change", change)
        moving.move_task(long[5], 1, 1)
        change(task, *arguments)

    monkeypatch.setattr(Task, "change", change_after_another)
    moving.move_task(long[-1], 1, 2)
    cloud.pump()

    assert is_right()


def test_a_mover_that_is_late_does_not_undo_what_others_have_counted(cloud, long, monkeypatch):
    cloud.pump()
    change = Task.change

    def change_amid_others(task, *arguments):
        monkeypatch.setattr(Task, "change", change)
        moving.move_task(long[5], 1, 1)
        change(task, *arguments)
        cloud.pump()

    monkeypatch.setattr(Task, "change", change_amid_others)
    moving.move_task(long[-1], 1, 2)

    assert is_right()


def test_of_equal_ranks_the_older_task_is_above(cloud, long):
    for task_id in long[4:9]:
        put(task_id, position={"N": "4194304"}, rank={"N": "4194304"})

    cloud.pump()

    assert (is_right(), shown()) == (True, long)


def test_marks_that_have_expired_or_are_broken_are_made_anew(long):
    for fields in ({"expires_at": {"N": "1"}}, {"marks": {"S": "[]"}}, {"marks": {"N": "1"}}):
        row = client().get_item(TableName="taskhook-dev-settings", Key={"id": {"S": "places:1"}})
        client().put_item(TableName="taskhook-dev-settings", Item=row["Item"] | fields)
        places.forget()

        assert place_of(long[-1]) == 12
        assert Places.find(1).marks.ranks
        assert is_right()


def test_the_first_count_lasts_until_all_processes_know_that_the_column_is_long(long):
    first = Places.find(1).expires_at - time.time()
    Places.forget(1)
    places.forget()
    place_of(long[-1])

    assert 0 < first <= places.FIRST_LIFETIME
    assert 3600 < Places.find(1).expires_at - time.time() <= places.LIFETIME


def test_many_tasks_between_two_marks_are_marked_anew(long):
    for _ in range(9):
        moving.move_task(long[-1], 1, 1)
        long.insert(0, long.pop())
    for number in range(30):
        long.append(lifecycle.create_task({"title": str(number)}))
        moving.move_task(long[-1], 1, 3)

    assert is_right()
    assert is_right()  # after the marks were made anew
    assert max(Places.find(1).marks.counts) < 30


def test_pages_of_a_long_column_are_together_all_of_it(long):
    project = projects.find_project(1)
    lifecycle.create_task({"title": "elsewhere", "column_id": "3"})

    pages = [
        queries.page_of(project, is_active=True, limit=5, offset=offset)
        for offset in range(0, 15, 5)
    ]
    counts, full = queries.top_of(project, limit=3, offset=9)

    assert [int(row["task_id"]) for page in pages for row in page] == [*long, long[-1] + 1]
    assert [row["place"] for page in pages for row in page] == [*range(1, 13), 1]
    assert (counts, [row["place"] for row in full[1]]) == ({1: 12, 2: 0, 3: 1, 4: 0}, [10, 11, 12])


def test_a_move_to_any_place_of_a_long_column_arrives_there(long):
    chance = random.Random(3)
    for _ in range(30):
        one, place = chance.choice(long), chance.randint(1, 12)
        moving.move_task(one, 1, place)

        assert place_of(one) == place
