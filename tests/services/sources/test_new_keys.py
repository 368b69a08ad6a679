"""A key that is probably new is not looked for first; one that is not new stays one task."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.services.projects import projects
from chalicelib.services.sources.applying import link_id
from chalicelib.services.sources.new_keys import MOST_KNOWN, NEW_KEYS, READS, NewKeys
from chalicelib.services.tasks import lifecycle, removal
from tests.support.aws_faults import afterwards, listening, throttled, wrong
from tests.support.inbound import add_source, came_of, links, outcome, send, tasks

ONCE = {"idempotency-key": "once"}


@pytest.fixture
def source(cloud):  # noqa: ARG001 -- the tables must be there first
    add_source()


def expect_new_keys(known=NEW_KEYS):
    """Let the last keys of the source have been new, as in a process that has seen no other one."""
    known.forget()
    for number in range(READS):
        known.note("ci", f"link:{number}", was_new=True)


def alert(**fields):
    return {"key": "disk", "title": "The disk is full", **fields}


def operations(calls):
    return [call.operation for call in calls]


@pytest.mark.usefixtures("source", "caching")
def test_a_key_is_not_looked_for_after_many_new_ones():
    for number in range(READS):
        send({"key": f"{number}", "title": "x"})

    with listening() as calls:
        answer = send({"key": "another", "title": "x"})

    assert came_of(answer) == outcome(created=[READS + 1])
    assert "GetItem" not in operations(calls)
    assert len(links()) == READS + 1


@pytest.mark.usefixtures("source")
def test_a_key_that_another_process_knows_changes_its_task():
    send(alert())
    expect_new_keys()

    answer = send(alert(title="It is still full"))

    assert came_of(answer) == outcome(changed=[1])
    [task] = tasks()
    assert (task.task_id, task.title) == (1, "It is still full")


@pytest.mark.usefixtures("source", "caching")
def test_the_next_task_of_a_key_that_another_process_knows_takes_three_calls():
    send(alert())
    send(alert(closed=True))
    expect_new_keys()

    with listening() as calls:
        answer = send(alert())

    [_, task] = tasks()
    assert came_of(answer) == outcome(created=[task.task_id])
    assert task.description == "Before: #1"
    assert [one for one in operations(calls) if one != "UpdateItem"] == [
        *("TransactWriteItems", "GetItem", "TransactWriteItems")
    ]


@pytest.mark.usefixtures("source")
@pytest.mark.parametrize("end", [lifecycle.close_task, removal.remove_task])
def test_a_task_that_ends_while_its_key_seems_new_is_followed_by_one_other(end):
    send(alert())
    expect_new_keys()

    with wrong("TransactWriteItems", afterwards(lambda: end(1)), times=1):
        answer = send(alert())

    task = tasks()[-1]
    assert came_of(answer) == outcome(created=[task.task_id])
    assert [one.task_id for one in tasks() if one.is_active] == [task.task_id]
    assert [(link.task_id, link.previous) for link in links()] == [(task.task_id, 1)]


@pytest.mark.usefixtures("source")
@pytest.mark.parametrize(("skip", "is_known"), [(0, False), (0, True), (1, True)])
def test_a_store_that_refuses_calls_for_a_while_leaves_a_key_one_task(skip, is_known):
    if is_known:
        send(alert())
    expect_new_keys()

    with wrong("TransactWriteItems", throttled, skip=skip):
        refused = send(alert(title="It is still full"), headers=ONCE)
    answer = send(alert(title="It is still full"), headers=ONCE)

    [task] = tasks()
    number = task.task_id
    assert refused.status == 503
    assert came_of(answer) == (outcome(changed=[1]) if is_known else outcome(created=[number]))
    assert task.title == "It is still full"
    assert [link.task_id for link in links()] == [number]


@pytest.mark.usefixtures("source")
def test_two_payloads_of_a_key_that_seems_new_make_one_task():
    expect_new_keys()
    barrier = threading.Barrier(6)

    def begin(_):
        barrier.wait()
        return send(alert())

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(begin, range(6)))

    [task] = tasks()
    counts = [(len(said["created"]), said["ignored"]) for said in map(came_of, answers)]
    assert sorted(counts) == [(0, 1)] * 5 + [(1, 0)]
    assert [link.task_id for link in links()] == [task.task_id]


@pytest.mark.usefixtures("source")
def test_a_repeat_of_a_payload_whose_key_seems_new_answers_the_first_answer():
    first = send(alert(), headers=ONCE)
    expect_new_keys()

    again = send(alert(), headers=ONCE)

    assert came_of(again) == came_of(first) == outcome(created=[1])
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(tasks()) == 1


@pytest.mark.usefixtures("source")
def test_an_alert_that_resolves_is_not_taken_for_new():
    send(alert())
    expect_new_keys()

    answer = send(alert(closed=True))

    assert came_of(answer) == outcome(closed=[1])
    assert [task.is_active for task in tasks()] == [0]


@pytest.mark.usefixtures("source")
@pytest.mark.parametrize(
    "change",
    [{"color_id": "red"}, {"title": "Still full", "project": "A project that was renamed"}],
    ids=["without a title", "of a project that is gone"],
)
def test_a_change_that_no_new_task_could_take_reaches_a_task_of_another_process(change):
    send(alert())
    expect_new_keys()

    answer = send({"key": "disk", **change})

    assert came_of(answer) == outcome(changed=[1])


@pytest.mark.usefixtures("source")
def test_a_change_of_a_task_of_another_process_makes_no_tags_in_another_project():
    send(alert())
    other = projects.add_project("Other")
    expect_new_keys()

    answer = send(alert(project="Other", tags=["disk"]))

    assert came_of(answer) == outcome(changed=[1])
    assert [tag.name for tag in projects.find_project(1).tags] == ["disk"]
    assert projects.find_project(int(other.id)).tags == []


@pytest.mark.usefixtures("source")
def test_a_new_key_whose_task_is_refused_fails_with_the_reason():
    expect_new_keys()

    answer = send({"key": "disk", "color_id": "red"})

    assert (answer.status, json.loads(answer.text)) == (
        202,
        outcome(failed=["title: is required"]),
    )
    assert (tasks(), links()) == ([], [])


def test_a_key_that_was_not_new_lets_the_next_ones_be_read():
    keys = NewKeys()
    expect_new_keys(keys)
    was_likely = keys.is_likely("ci", "link:other")

    keys.note("ci", "link:old", was_new=False)

    assert was_likely
    assert not keys.is_likely("ci", "link:other")


def test_a_key_that_this_process_knows_is_not_new_and_says_nothing_of_others():
    keys = NewKeys()
    expect_new_keys(keys)

    keys.note("ci", "link:0", was_new=False)

    assert not keys.is_likely("ci", "link:0")
    assert keys.is_likely("ci", "link:other")


def test_the_keys_of_one_source_say_nothing_of_another_one():
    keys = NewKeys()
    expect_new_keys(keys)

    assert not keys.is_likely("other", link_id("other", "disk"))


def test_a_process_knows_the_last_keys_alone():
    keys = NewKeys()
    for number in range(MOST_KNOWN + 1):
        keys.note("ci", f"link:{number}", was_new=True)

    assert keys.is_likely("ci", "link:0")
    assert not keys.is_likely("ci", "link:1")
