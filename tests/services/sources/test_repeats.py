"""A payload that comes again: it is done once, goes on where it stopped, or is carried out anew."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.adapters.dynamodb.tables import Payload
from chalicelib.services.sources import receiving, refused_requests, sources
from tests.support.aws_faults import Killed, killed, listening, lost, meanwhile, timed_out, wrong
from tests.support.inbound import add_source, came_of, outcome, payloads, send, tasks

ONCE = {"idempotency-key": "once"}
TASKS, PAYLOADS = '"taskhook-dev-tasks"', '"taskhook-dev-payloads"'


@pytest.fixture(autouse=True)
def source(cloud):  # noqa: ARG001 -- the tables must be there first
    add_source()
    add_source("list", each="payload", key="item.key", task={"title": "{{ item.title }}"})


def items(*titles):
    return [{"title": title} for title in titles]


@pytest.mark.parametrize(
    "header",
    ["webhook-id", "Idempotency-Key", "X-GitHub-Delivery", "X-Gitea-Delivery"],
)
def test_a_repeat_by_the_senders_id_answers_the_first_answer_and_does_nothing(header):
    first = send({"title": "x"}, headers={header: "a"})

    again = send({"title": "x"}, headers={header: "a"})

    assert came_of(again) == came_of(first) == outcome(created=[1])
    assert first.headers.get("Idempotent-Replayed") is None
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (len(tasks()), len(payloads())) == (1, 1)


def test_the_first_of_the_headers_counts():
    send({"title": "x"}, headers={"webhook-id": "a", "idempotency-key": "b"})

    other = send({"title": "x"}, headers={"webhook-id": "c", "idempotency-key": "b"})
    blank = send({"title": "x"}, headers={"webhook-id": " ", "idempotency-key": "c"})

    assert came_of(other) == outcome(created=[2])
    assert came_of(blank)["created"] in ([2], [3])


def test_a_request_id_counts_with_sentry_alone():
    add_source("sentry", preset="sentry", verify="token")
    issue = {"data": {"issue": {"id": 1, "title": "x"}}}
    send(issue, "sentry", headers={"request-id": "a"})
    send({"title": "x"}, headers={"request-id": "a"})

    assert (
        send(issue, "sentry", headers={"request-id": "a"}).headers["Idempotent-Replayed"] == "true"
    )
    assert came_of(send({"title": "x"}, headers={"request-id": "a"})) == outcome(created=[3])


def test_the_same_id_in_another_source_is_another():
    send({"title": "x"}, headers=ONCE)

    assert came_of(send([{"title": "x"}], "list", headers=ONCE)) == outcome(created=[2])


def test_the_same_id_with_other_bytes_is_carried_out():
    send({"title": "x"}, headers=ONCE)

    assert "Idempotent-Replayed" not in send({"title": "y"}, headers=ONCE).headers
    assert [task.title for task in tasks()] == ["x", "y"]


def test_after_a_week_the_same_id_is_carried_out():
    send({"title": "x"}, headers=ONCE)
    [kept] = payloads()
    kept.update(actions=[Payload.expires_at.set(int(time.time()) - 1)])

    assert came_of(send({"title": "x"}, headers=ONCE)) == outcome(created=[2])


def test_a_repeat_of_what_was_ignored_or_refused_is_answered_alike():
    first = send({}, "ci", headers=ONCE)
    assert first.status == 202

    sources.change_source("ci", {"when": "payload.title"})
    mended = send({}, headers=ONCE)
    again = send({}, headers=ONCE)

    assert came_of(mended) == came_of(again) == outcome(ignored=1)
    assert "Idempotent-Replayed" not in mended.headers
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_repeat_after_the_mapping_was_mended_does_the_rest_and_nothing_twice():
    first = send([{"title": "One"}, {"name": "Two"}], "list", headers=ONCE)
    assert came_of(first) == outcome(created=[1], failed=["title: is required"])

    sources.change_source("list", {"task": {"title": "{{ item.title || item.name }}"}})
    again = send([{"title": "One"}, {"name": "Two"}], "list", headers=ONCE)

    assert came_of(again) == outcome(created=[1, 2])
    assert [task.title for task in tasks()] == ["One", "Two"]


def test_items_that_are_the_same_are_each_done_once():
    first = send(items("x", "x", "x"), "list", headers=ONCE)

    assert came_of(first) == outcome(created=[1, 2, 3])


@pytest.mark.parametrize("number", [1, 2])
def test_a_repeat_after_a_crash_between_two_items_goes_on_there(number):
    with wrong("TransactWriteItems", killed, TASKS, skip=number), pytest.raises(Killed):
        send(items("One", "Two", "Three"), "list", headers=ONCE)
    assert [task.title for task in tasks()] == ["One", "Two", "Three"][:number]
    assert send(items("One", "Two", "Three"), "list", headers=ONCE).status == 409

    [kept] = payloads()
    kept.update(actions=[Payload.busy_until.set(time.time() - 1)])
    again = send(items("One", "Two", "Three"), "list", headers=ONCE)

    assert len(came_of(again)["created"]) == 3
    assert [task.title for task in tasks()] == ["One", "Two", "Three"]
    assert [row.status for row in payloads()] == [200]


def test_a_repeat_after_the_store_was_away_between_two_items_goes_on_there():
    with wrong("TransactWriteItems", timed_out, TASKS, skip=1):
        away = send(items("One", "Two"), "list", headers=ONCE)
    assert (away.status, away.headers["Retry-After"]) == (503, "1")
    assert [(row.status, row.created) for row in payloads()] == [(503, 1)]

    again = send(items("One", "Two"), "list", headers=ONCE)

    assert len(came_of(again)["created"]) == 2
    assert [task.title for task in tasks()] == ["One", "Two"]


def test_an_item_whose_answer_was_lost_is_done_once():
    with wrong("TransactWriteItems", lost, TASKS, times=3):
        answer = send({"title": "x"}, headers=ONCE)
    assert answer.status == 503

    again = send({"title": "x"}, headers=ONCE)

    assert came_of(again) == outcome(created=[1])
    assert len(tasks()) == 1


def test_a_payload_of_the_same_id_that_is_under_way_is_a_conflict():
    answers = []
    again = meanwhile(lambda: answers.append(send(items("One", "Two"), "list", headers=ONCE)))

    with wrong("TransactWriteItems", again, TASKS, times=1):
        first = send(items("One", "Two"), "list", headers=ONCE)

    [conflict] = answers
    assert conflict.status == 409
    assert 1 <= int(conflict.headers["Retry-After"]) <= 10
    assert came_of(first) == outcome(created=[1, 2])
    assert len(tasks()) == 2


def test_the_same_payload_twice_at_the_same_moment_makes_one_task():
    barrier = threading.Barrier(4)

    def act(_):
        barrier.wait()
        return send({"title": "x"}, headers=ONCE)

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(act, range(4)))

    assert [came_of(answer) for answer in answers] == [
        outcome(created=[int(tasks()[0].task_id)])
    ] * 4
    assert len(tasks()) == 1


def test_a_run_that_was_thought_dead_writes_no_more():
    def take_over():
        [kept] = payloads()
        kept.update(actions=[Payload.busy_until.set(time.time() - 1)])
        send(items("One", "Two"), "list", headers=ONCE)

    with wrong("TransactWriteItems", meanwhile(take_over), TASKS, times=1):
        first = send(items("One", "Two"), "list", headers=ONCE)

    assert first.status == 409
    assert [task.title for task in tasks()] == ["One", "Two"]


def test_a_payload_that_takes_too_long_stops_between_two_items(monkeypatch):
    monkeypatch.setattr(receiving, "LONGEST", -1.0)
    late = send(items("One", "Two"), "list", headers=ONCE)
    monkeypatch.undo()

    again = send(items("One", "Two"), "list", headers=ONCE)

    assert (late.status, late.headers["Retry-After"]) == (503, "1")
    assert came_of(again) == outcome(created=[1, 2])


def test_a_payload_whose_mapping_takes_too_long_is_kept_and_goes_on(monkeypatch):
    sources.change_source("list", {"when": "item.title == 'Two'"})
    monkeypatch.setattr(receiving, "LONGEST", -1.0)
    late = send(items("One", "One"), "list", headers=ONCE)
    monkeypatch.undo()
    [kept] = payloads()

    again = send(items("One", "One"), "list", headers=ONCE)

    assert (late.status, kept.status, kept.ignored) == (503, 503, 0)
    assert came_of(again) == outcome(ignored=2)


@pytest.mark.usefixtures("caching")
def test_a_payload_that_makes_one_task_costs_three_calls_and_an_ignored_one_a_single():
    sources.change_source("ci", {"when": "payload.title"})
    send({"title": "x", "key": "warm"})

    with listening() as made:
        came = came_of(send({"title": "x", "key": "new"}, headers=ONCE))
    with listening() as ignored:
        nothing = came_of(send({}, headers={"idempotency-key": "other"}))
    with listening() as repeated:
        send({"title": "x", "key": "new"}, headers=ONCE)
    while refused_requests.STRANGERS.take(time.monotonic()) is not None:
        pass  # as many are kept as a process keeps in a minute
    with listening() as wrong_one:
        send({"title": "x"}, query="token=wrong")

    assert (came, nothing) == (outcome(created=[2]), outcome(ignored=1))
    assert [call.operation for call in made] == ["GetItem", "UpdateItem", "TransactWriteItems"]
    assert [call.operation for call in ignored] == ["PutItem"]
    assert len(repeated) <= 4
    assert [call.operation for call in wrong_one] == ["Scan"]


def test_json_that_is_spelled_otherwise_is_other_bytes():
    send('{"title": "x"}', headers=ONCE)

    assert "Idempotent-Replayed" not in send('{"title":"x"}', headers=ONCE).headers
    assert len(tasks()) == 2
