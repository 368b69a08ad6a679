"""Undo: what was moved, closed or removed is as it was, unless others have changed it since."""

import time

import pytest

from chalicelib.adapters.dynamodb.tables import Comment, Task, Undo
from chalicelib.adapters.dynamodb.tables import undo as undo_rows
from chalicelib.domain.errors import NotFound
from chalicelib.services.accounts import users
from chalicelib.services.accounts.access import Caller
from chalicelib.services.endpoints import endpoints
from chalicelib.services.projects import membership, project_items, projects
from chalicelib.services.tasks import comments, history, lifecycle, moving, removal, undoing
from chalicelib.services.tasks.moving import Beside
from tests.support.receivers import Inbox

pytestmark = pytest.mark.usefixtures("cloud")


@pytest.fixture
def admin(cloud):  # noqa: ARG001 -- the tables must be there first
    return Caller(users.get_user(1))


@pytest.fixture
def three(cloud):  # noqa: ARG001 -- as above
    """Three tasks in the first column."""
    return [lifecycle.create_task({"title": title}) for title in ("a", "b", "c")]


def move(task_id, column_id, place):
    before, below = undoing.before_move(task_id)
    after = moving.move_task(task_id, column_id, place, author=1)
    return undoing.keep("Moved to Ready.", 1, [(before, after)], below)


def close(task_id):
    before = lifecycle.find_task(task_id)
    return undoing.keep("Closed.", 1, [(before, lifecycle.close_task(task_id, author=1))])


def column(column_id):
    return [int(task.task_id) for task in Task.by_column.query(column_id)]


def row(task_id):
    fields = lifecycle.find_task(task_id).row
    return {name: fields.get(name) for name in undoing.FIELDS}


def test_a_moved_task_goes_back_above_its_former_neighbour(three, admin):
    key = move(three[1], 2, 1)
    moving.move_task(three[2], 1, 1)

    undone = undoing.undo(key, admin)

    assert undone == (1, {})
    assert column(1) == [three[1], three[2], three[0]]
    assert column(2) == []


def test_a_moved_task_whose_neighbour_is_gone_goes_back_to_its_position(three, admin):
    before = row(three[1])
    key = move(three[1], 2, 1)
    removal.remove_task(three[2])

    undoing.undo(key, admin)

    assert row(three[1]) == before


def test_the_last_task_of_a_column_goes_back_to_its_end(three, admin):
    before = row(three[2])
    key = move(three[2], 1, 1)

    undoing.undo(key, admin)

    assert row(three[2]) == before
    assert column(1) == three


def test_a_task_moved_to_another_project_goes_back_with_its_tags(three, admin):
    projects.add_project("Other")
    lifecycle.update_task(three[0], {}, tags=["urgent"])
    before = lifecycle.find_task(three[0])
    was = row(three[0])
    after = moving.move_to_project(three[0], {"project_id": "2"}, author=1)
    key = undoing.keep("Moved to Other.", 1, [(before, after)])

    undoing.undo(key, admin)

    assert after.project_id == 2
    assert row(three[0]) == was


def test_a_closed_task_is_open_again_at_its_place(three, admin):
    before = row(three[1])
    key = close(three[1])

    undone = undoing.undo(key, admin)

    assert undone == (1, {})
    assert row(three[1]) == before
    assert column(1) == three


def test_an_undo_that_is_sent_twice_undoes_once(three, admin):
    key = move(three[1], 2, 1)

    outcomes = [undoing.undo(key, admin) for _ in range(2)]

    assert outcomes == [(1, {}), (1, {})]
    assert lifecycle.find_task(three[1]).version == 3


def test_what_somebody_has_changed_since_is_not_undone(three, admin):
    users.add_user("ada", "a password", name="Ada")
    key = close(three[0])
    lifecycle.update_task(three[0], {"title": "z"}, author=2)

    assert undoing.undo(key, admin) == (0, {three[0]: "Ada has changed it since"})
    assert lifecycle.find_task(three[0]).is_active == 0


def test_a_task_that_is_gone_or_whose_column_is_gone_is_not_moved_back(three, admin):
    keys = [move(three[0], 2, 1), move(three[1], 2, 1)]
    removal.remove_task(three[0])
    removal.remove_task(three[2])
    project_items.remove_part("columns", 1)

    assert [undoing.undo(key, admin).refused for key in keys] == [
        {three[0]: "it has been removed since"},
        {three[1]: "its column has been removed since"},
    ]


def test_only_who_did_it_may_undo_it_and_only_for_a_while(three, monkeypatch, admin):
    users.add_user("ada", "a password")
    key = close(three[0])
    monkeypatch.setattr(undoing, "LIFETIME", -1)
    expired = close(three[1])

    for one, caller in ((key, Caller(users.get_user(2))), (expired, admin), ("nope", admin)):
        with pytest.raises(NotFound, match="this can no longer be undone"):
            undoing.undo(one, caller)
    assert undoing.find(key, 1) == ("Closed.", True)
    assert undoing.find(expired, 1) is None


def test_who_is_no_member_any_more_may_not_undo(three):
    ada = users.add_user("ada", "a password")
    membership.set_role(1, int(ada.id), "project-member", is_member=False)
    before = lifecycle.find_task(three[0])
    after = lifecycle.close_task(three[0], author=int(ada.id))
    key = undoing.keep("Closed.", int(ada.id), [(before, after)])
    membership.end_role(1, int(ada.id))

    assert undoing.undo(key, Caller(ada)) == (0, {three[0]: "you may no longer change it"})


def test_a_change_that_another_one_overlapped_is_not_kept(three):
    before = lifecycle.find_task(three[0])
    lifecycle.update_task(three[0], {"title": "z"}, author=2)
    after = lifecycle.close_task(three[0], author=1)

    key = undoing.keep("Closed.", 1, [(before, after)])

    assert undoing.find(key, 1) == ("Closed.", False)


def test_a_removed_task_comes_back_with_its_fields_comments_and_history(three, admin, cloud):
    lifecycle.update_task(three[0], {"description": "d", "priority": "2"}, tags=["urgent"])
    comments.add_comment(three[0], 1, "first", "", "user")
    comments.add_comment(three[0], 1, "second", "", "manager")
    before = lifecycle.find_task(three[0]).row
    told = [comment.attribute_values for comment in Comment.query(three[0])]
    cloud.pump()

    key = undoing.remove_task(three[0], "Removed.", author=1)
    is_gone = Task.find(three[0]) is None
    undone = undoing.undo(key, admin)
    cloud.pump()

    after = lifecycle.find_task(three[0]).row
    assert (is_gone, undone) == (True, (1, {}))
    assert after == before | {"version": before["version"] + 2, "changed_by": 1}
    assert [comment.attribute_values for comment in Comment.query(three[0])] == told
    assert {event.event_type for event in history.of_task(three[0])} == {
        "task.created",
        "task.modified",
        "task.removed",
    }
    assert comments.add_comment(three[0], 1, "third", "", "user")


def test_an_endpoint_hears_of_the_removal_and_then_of_the_new_task_with_a_higher_version(
    cloud, admin
):
    with Inbox() as inbox:
        task_id = lifecycle.create_task({"title": "x"})
        cloud.pump()
        endpoints.add_endpoint(inbox.url, ["task.created", "task.removed"])
        key = undoing.remove_task(task_id, "Removed.", author=1)
        cloud.pump()
        undoing.undo(key, admin)
        cloud.pump()
        heard = [
            (post.headers["X-Taskhook-Event"], int(post.headers["X-Taskhook-Task-Version"]))
            for post in inbox.wait_for(2)
        ]

    assert heard == [("task.removed", 2), ("task.created", 3)]


def test_a_task_that_is_there_again_and_changed_is_not_restored_over_it(three, admin):
    key = undoing.remove_task(three[0], "Removed.", author=1)
    undoing.undo(key, admin)
    again = undoing.undo(key, admin)
    lifecycle.update_task(three[0], {"title": "z"})

    refused = undoing.undo(key, admin)

    assert again == (1, {})
    assert refused == (0, {three[0]: "it has been restored and changed since"})
    assert lifecycle.find_task(three[0]).title == "z"


def test_the_largest_task_with_many_comments_comes_back(monkeypatch, admin):
    monkeypatch.setattr(undo_rows, "_PART", 3000)
    task_id = lifecycle.create_task(
        {"title": "x", "description": "".join(map(chr, range(99, 9999)))}
    )
    for number in range(30):
        comments.add_comment(task_id, 1, f"comment {number}", "", "user")

    undoing.undo(undoing.remove_task(task_id, "Removed.", author=1), admin)

    assert len(lifecycle.find_task(task_id).description) == 9900
    assert len(comments.list_comments(task_id, "administrator")) == 30
    assert len([one for one in Undo.scan() if str(one.id).startswith("undo:")]) > 5


def test_what_is_too_large_to_be_kept_is_removed_all_the_same(monkeypatch):
    monkeypatch.setattr(undo_rows, "_PART", 10)
    task_id = lifecycle.create_task({"title": "x"})

    key = undoing.remove_task(task_id, "Removed.", author=1)

    assert key == ""
    assert Task.find(task_id) is None


def test_what_may_be_undone_is_removed_by_the_store_later(three):
    close(three[0])

    [kept] = [one for one in Undo.scan() if str(one.id).startswith("undo:")]

    assert 590 < kept.expires_at - time.time() <= 600


def test_the_task_below_is_the_one_that_the_board_shows_there(three):
    moving.move_task(three[2], 1, Beside(three[0], is_above=True))

    assert [moving.below(lifecycle.find_task(one)) for one in three] == [three[1], 0, three[0]]
