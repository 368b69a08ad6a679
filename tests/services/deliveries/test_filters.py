"""An endpoint with a filter is sent only the events that make it true."""

import json
import logging

import pytest

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.domain import filters
from chalicelib.domain.errors import Refused
from chalicelib.services.deliveries import filtering, redelivery
from chalicelib.services.endpoints import endpoints
from chalicelib.services.projects import projects
from chalicelib.services.tasks import lifecycle
from tests.support import aws_faults
from tests.support.cloud import dispatch, retry
from tests.support.deliveries import (
    all_rows,
    edit,
    fail_first,
    logged,
    rows,
    subscribe,
    versions,
)
from tests.support.page_visits import Visitor
from tests.support.receivers import Inbox

FAILS = "contains(data.score, 'x')"
REASON = "contains() takes a list or a text"


def filtered(inbox, text, endpoint_id="ci"):
    subscribe(inbox.url, endpoint_id)
    endpoints.change_endpoint(endpoint_id, filter=text)


def titles(inbox):
    return [json.loads(post.body)["title"] for post in inbox.received]


def test_only_what_makes_the_filter_true_is_sent(cloud):
    website = projects.add_project("Website")
    with Inbox() as inbox, Inbox() as all_of_them:
        filtered(inbox, "project.name == 'Website' && type == 'task.created'")
        subscribe(all_of_them.url, "all")
        for title, project_id in (("ours", website.id), ("theirs", 1), ("ours too", website.id)):
            lifecycle.create_task({"title": title, "project_id": str(project_id)})
        lifecycle.update_task(1, {"title": "changed"})
        cloud.pump()

    assert sorted(titles(inbox)) == ["ours", "ours too"]
    assert [row.task_id for row in rows()] == [1, 3]
    assert len(all_of_them.received) == len(rows("all")) == 4


@pytest.mark.usefixtures("caching")
def test_an_event_that_no_filter_lets_through_costs_no_call(cloud):
    with Inbox() as inbox:
        filtered(inbox, "data.score > `3`")
        lifecycle.create_task({"title": "warm", "score": "5"})
        cloud.pump()
        lifecycle.create_task({"title": "x"})
        records = cloud.records()

        with aws_faults.listening() as calls:
            dispatch(records)

    history, scan = sorted(calls)
    assert (len(inbox.received), len(all_rows())) == (1, 1)
    assert (history.operation, list(history.asked["RequestItems"]), scan.operation) == (
        "BatchWriteItem",
        ["taskhook-dev-events"],
        "Scan",
    )


def test_a_change_that_is_not_wanted_does_not_hold_up_the_next_one(cloud):
    with Inbox() as inbox:
        filtered(inbox, "data.title != '2'")
        fail_first(cloud, inbox, 3)
        cloud.retry_due()

    assert versions(inbox) == "113"


def test_a_repeat_of_an_unwanted_change_is_not_sent_either(cloud):
    with Inbox() as inbox:
        filtered(inbox, "data.score > `3`")
        lifecycle.create_task({"title": "x"})
        records = cloud.records()
        for record in records:
            record["dynamodb"]["ApproximateCreationDateTime"] -= 100

        dispatch(records)
        dispatch(records)

    assert (len(inbox.received), all_rows()) == (0, [])


def test_a_filter_that_fails_lets_the_event_through_and_says_so(cloud, caplog):
    caplog.set_level(logging.INFO)
    with Inbox() as inbox:
        filtered(inbox, FAILS)
        lifecycle.create_task({"title": "x"})
        cloud.pump()

    [row] = rows()
    kept = filters.last_failure(FAILS, Endpoint.get("ci").filter_failure)
    assert (titles(inbox), kept and kept[1:3]) == (["x"], (row.event_id, REASON))
    assert f"over {row.event_id} , which was sent: {REASON}." in Visitor().get("/endpoints/ci").seen
    assert logged(caplog, "filter_failed") == [
        {"endpoint_id": "ci", "event_id": row.event_id, "reason": REASON}
    ]


def test_a_filter_that_fails_for_each_event_is_written_once(cloud):
    with Inbox() as inbox:
        filtered(inbox, FAILS)
        for number in range(3):
            lifecycle.create_task({"title": f"{number}"})
            lifecycle.create_task({"title": f"{number}"})
            if number == 1:
                cloud.pump()
        with aws_faults.listening() as calls:
            cloud.pump()

    assert len(inbox.received) == 6
    assert [call for call in calls if "filter_failure" in str(call.asked.get("Key"))] == []
    assert not any("filter_failure" in str(call.asked) for call in calls if "Update" in call[0])


def test_the_same_failure_is_written_again_after_a_while(cloud, monkeypatch):
    monkeypatch.setattr(filtering, "NOTED_AGAIN_AFTER", 0)
    with Inbox() as inbox:
        filtered(inbox, FAILS)
        for title in ("x", "y"):
            lifecycle.create_task({"title": title})
            cloud.pump()

    kept = filters.last_failure(FAILS, Endpoint.get("ci").filter_failure)
    assert kept is not None
    assert kept.event_id == rows()[-1].event_id


def test_the_failure_of_a_filter_that_was_mended_is_shown_no_more(cloud):
    with Inbox() as inbox:
        filtered(inbox, FAILS)
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        endpoints.change_endpoint("ci", filter="data.score > `3`")

    assert "The filter failed" not in Visitor().get("/endpoints/ci").seen


def test_a_store_that_cannot_keep_the_failure_delays_nobody(cloud):
    with Inbox() as inbox, aws_faults.wrong("UpdateItem", aws_faults.timed_out, "filter_failure"):
        filtered(inbox, FAILS)
        lifecycle.create_task({"title": "x"})

        answer = cloud.pump()

    assert (answer, titles(inbox)) == ({"batchItemFailures": []}, ["x"])


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("data.", "filter: column 6: `` is not expected here"),
        ("nothing(data)", "filter: column 1: there is no function nothing()"),
        ("!data.title", "filter"),
    ],
)
def test_a_mistake_in_a_filter_is_refused_when_saved_with_its_place(text, reason):
    with pytest.raises(Refused) as refused:
        endpoints.add_endpoint("https://example.com/", filter=text)

    assert str(refused.value).startswith(reason)


def test_a_filter_that_was_broken_in_the_console_breaks_its_endpoint_alone(cloud):
    with Inbox() as inbox, Inbox() as other:
        subscribe(inbox.url)
        subscribe(other.url, "other")
        edit("endpoints", {"id": {"S": "ci"}}, filter={"S": "data."})
        lifecycle.create_task({"title": "x"})
        cloud.pump()

    [broken, _] = endpoints.list_endpoints()
    assert (titles(inbox), titles(other)) == ([], ["x"])
    assert broken.broken is not None
    assert broken.broken.startswith("cannot be read: filter: ")


def test_a_replay_sends_what_was_recorded_whatever_the_filter_is_now(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        endpoints.change_endpoint("ci", filter="`false`")
        redelivery.replay(redelivery.ReplayRequest("ci", 0, 1e10))
        retry(cloud.messages())

    assert titles(inbox) == ["x", "x"]
