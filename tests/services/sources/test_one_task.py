"""One thing, one task: a key opens a task once, changes it, closes it, and opens the next one."""

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

from chalicelib.services.projects import project_items, projects
from chalicelib.services.tasks import lifecycle, moving, removal
from tests.support.http_calls import result
from tests.support.inbound import add_source, came_of, links, outcome, send, tasks

pytestmark = pytest.mark.usefixtures("cloud")


@pytest.fixture(autouse=True)
def source(cloud):  # noqa: ARG001 -- the tables must be there first
    add_source()


def alert(**fields):
    return {"key": "disk", "title": "The disk is full", **fields}


def at_once(count: int, act: Callable[[int], object]) -> list[Any]:
    """Do something in so many threads, which all begin at the same moment."""
    barrier = threading.Barrier(count)

    def begin(number):
        barrier.wait()
        return act(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(begin, range(count)))


def test_a_second_payload_of_a_key_changes_its_task():
    send(alert())

    answer = send(alert(title="The disk is still full", color_id="red", tags=["disk"]))

    assert came_of(answer) == outcome(changed=[1])
    [task] = tasks()
    assert (task.title, task.color_id, task.version) == ("The disk is still full", "red", 2)
    assert [tag.name for tag in projects.find_project(1).tags] == ["disk"]


def test_the_same_said_again_writes_no_task():
    send(alert())

    answer = send(alert())

    assert came_of(answer) == outcome(ignored=1)
    assert [task.version for task in tasks()] == [1]


def test_two_payloads_of_a_key_at_the_same_moment_make_one_task():
    answers = at_once(6, lambda _: send(alert()))

    [task] = tasks()
    counts = [(len(said["created"]), said["ignored"]) for said in map(came_of, answers)]
    assert sorted(counts) == [(0, 1)] * 5 + [(1, 0)]
    assert [link.task_id for link in links()] == [task.task_id]


def test_two_items_of_a_key_in_one_payload_make_one_task():
    add_source("list", each="payload", key="item.key", task={"title": "{{ item.title }}"})

    answer = send([alert(title="One"), alert(title="Two")], "list")

    assert came_of(answer) == outcome(created=[1], changed=[1])
    assert [task.title for task in tasks()] == ["Two"]


def test_a_resolved_alert_closes_its_task_and_does_nothing_else():
    send(alert())

    answer = send(alert(closed=True, title="Another title"))

    assert came_of(answer) == outcome(closed=[1])
    [task] = tasks()
    assert (task.is_active, task.title) == (0, "The disk is full")
    assert abs(task.date_completed - time.time()) < 60


def test_what_has_no_open_task_cannot_be_closed():
    assert came_of(send(alert(closed=True))) == outcome(ignored=1)
    assert came_of(send({"title": "x", "closed": True})) == outcome(ignored=1)
    assert tasks() == []


def test_after_a_close_the_next_alert_makes_a_task_that_refers_to_the_old_one():
    send(alert(description="90 %"))
    send(alert(closed=True))

    answer = send(alert(description="90 %"))

    assert came_of(answer) == outcome(created=[2])
    old, new = tasks()
    assert (old.is_active, old.description) == (0, "90 %")
    assert (new.is_active, new.description) == (1, "90 %\n\nBefore: #1")


def test_a_change_of_the_new_task_goes_on_to_refer_to_the_old_one():
    send(alert(description="90 %"))
    send(alert(closed=True))
    send(alert(description="90 %"))

    assert came_of(send(alert(description="90 %"))) == outcome(ignored=1)
    assert came_of(send(alert(description="95 %"))) == outcome(changed=[2])
    assert tasks()[1].description == "95 %\n\nBefore: #1"


def test_a_change_of_the_title_alone_leaves_the_description_of_the_new_task():
    send(alert(description="90 %"))
    send(alert(closed=True))
    send(alert(description="90 %"))
    send(alert(closed=True, key="other"))

    send(alert(title="The disk is fuller", description="90 %"))
    send({"key": "disk", "title": "The disk is fullest"})

    assert tasks()[1].title == "The disk is fullest"
    assert tasks()[1].description == "90 %\n\nBefore: #1"


def test_a_new_task_without_a_description_refers_to_the_old_one_too():
    send(alert())
    send(alert(closed=True))
    send(alert())

    assert [task.description for task in tasks()] == ["", "Before: #1"]


def test_a_task_that_a_person_has_closed_is_not_opened_again():
    send(alert())
    lifecycle.close_task(1)

    answer = send(alert())

    assert came_of(answer) == outcome(created=[2])


def test_what_a_person_has_changed_stays_until_the_sender_says_something_new():
    send(alert(description="90 %"))
    lifecycle.update_task(1, {"title": "Buy disks", "color_id": "green"})

    send(alert(description="95 %"))

    [task] = tasks()
    assert (task.title, task.color_id, task.description) == ("Buy disks", "green", "95 %")
    send(alert(description="95 %", title="The disk has failed"))
    assert tasks()[0].title == "The disk has failed"


def test_what_a_person_has_written_already_is_not_written_again():
    send(alert())
    lifecycle.update_task(1, {"title": "The disk has failed"})

    answer = send(alert(title="The disk has failed"))

    assert came_of(answer) == outcome(ignored=1)
    assert [task.version for task in tasks()] == [2]


def test_project_column_and_owner_are_set_at_creation_alone():
    second = projects.add_project("Second")
    send(alert(owner="admin", column="Ready"))
    moving.move_to_project(1, {"project_id": str(second.id)})

    answer = send(alert(owner_id=0, column="Done", project="My project"))

    assert came_of(answer) == outcome(ignored=1)
    [task] = tasks()
    assert task.project_id == second.id


def test_a_category_of_a_moved_card_is_looked_up_where_it_is():
    second = projects.add_project("Second")
    project_items.add_part(int(second.id), "categories", "Disks")
    send(alert())
    moving.move_to_project(1, {"project_id": str(second.id)})

    answer = send(alert(category="Disks"))

    assert came_of(answer) == outcome(changed=[1])
    assert tasks()[0].category_id == 1


def test_a_task_that_was_removed_is_made_again():
    send(alert())
    removal.remove_task(1)

    answer = send(alert())

    assert came_of(answer) == outcome(created=[2])


def test_a_reference_that_somebody_edits_does_not_cut_the_link():
    send(alert())
    lifecycle.update_task(1, {"reference": "mine"})

    assert came_of(send(alert(title="New"))) == outcome(changed=[1])


def test_keys_are_compared_within_a_source():
    add_source("other")
    send(alert())

    assert came_of(send(alert(), "other")) == outcome(created=[2])


def test_without_a_key_each_payload_is_a_new_task():
    assert came_of(send({"title": "x", "key": None})) == outcome(created=[1])
    assert came_of(send({"title": "x", "key": False})) == outcome(created=[2])
    assert came_of(send({"title": "x", "key": " "})) == outcome(created=[3])


def test_an_alert_that_flaps_makes_one_task_and_loses_no_close():
    colors = ["red", "orange"]
    answers = [send(alert(color_id=colors[number % 2])) for number in range(50)]
    at_once(4, lambda number: send(alert(color_id=colors[number % 2])))

    closed = send(alert(closed=True))

    assert came_of(closed) == outcome(closed=[1])
    [task] = tasks()
    assert task.is_active == 0
    assert task.version <= 1 + 54 + 1
    assert sum(len(came_of(answer)["changed"]) for answer in answers) == 49


def test_a_close_at_the_moment_of_a_change_is_not_lost():
    send(alert())

    def act(number):
        return send(alert(closed=True) if number == 0 else alert(title=f"Change {number}"))

    answers = [json.loads(answer.text) for answer in at_once(4, act)]

    assert answers[0]["closed"] == [1]
    assert tasks()[0].is_active == 0


def edit_link(**fields: Any) -> None:
    """Write these fields of the one link as somebody does in the console; None removes one."""
    [link] = links()
    names = {f"#{name}": name for name in fields}
    table = boto3.resource("dynamodb").Table("taskhook-dev-settings")
    gone = ", ".join(f"#{name}" for name, value in fields.items() if value is None)
    given = {f":{name}": value for name, value in fields.items() if value is not None}
    sets = ", ".join(f"#{name[1:]} = {name}" for name in given)
    update = " ".join([f"SET {sets}" if sets else "", f"REMOVE {gone}" if gone else ""])
    more = {"ExpressionAttributeValues": given} if given else {}
    table.update_item(
        Key={"id": link.id}, UpdateExpression=update, ExpressionAttributeNames=names, **more
    )


@pytest.mark.parametrize(
    "edited",
    [{"task_id": None}, {"task_id": "x"}, {"written": None}, {"written": "["}, {"written": "[]"}],
)
def test_a_link_that_somebody_broke_fails_the_item_and_says_which_row(edited):
    send(alert())
    edit_link(**edited)

    answer = send(alert(title="Full"))

    assert answer.status == 202
    assert "the row link:" in answer.text
    [tried] = result("trySource", {"id": "ci", "payload": alert(title="Full")})["items"]
    assert tried["outcome"] == "failed"
    assert "the row link:" in tried["reason"]
    assert [task.title for task in tasks()] == ["The disk is full"]


def test_a_link_whose_json_somebody_spelled_otherwise_is_still_written():
    send(alert())
    edit_link(written='{"title":"x"}')

    assert came_of(send(alert(title="Full"))) == outcome(changed=[1])


def test_a_trial_ignores_what_a_person_has_already_written():
    send(alert(tags=["disk"]))
    lifecycle.change_task(1, lambda _: {"title": "Still full"})

    tried = [
        result("trySource", {"id": "ci", "payload": alert(title=title, tags=["disk"])})["items"]
        for title in ("Still full", "Full again")
    ]

    assert [item["outcome"] for [item] in tried] == ["ignored", "changed"]
    assert came_of(send(alert(title="Still full", tags=["disk"]))) == outcome(ignored=1)


def test_a_trial_sees_new_tags_and_makes_none():
    send(alert(tags=["disk"]))

    [tried] = result("trySource", {"id": "ci", "payload": alert(tags=["disk", "new"])})["items"]

    assert tried["outcome"] == "changed"
    assert [tag.name for tag in projects.find_project(1).tags] == ["disk"]
