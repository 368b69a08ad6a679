"""What was sent can be sent again: one delivery, or all of a time."""

import pytest

from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.config import CONFIG
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.services.deliveries import pinging, redelivery
from chalicelib.services.deliveries.redelivery import ReplayRequest
from chalicelib.services.endpoints import endpoints
from chalicelib.services.tasks import lifecycle
from tests.support.cloud import retry
from tests.support.deliveries import edit, lay_down, rows, subscribe
from tests.support.receivers import Inbox


def test_a_delivered_delivery_is_sent_again_as_it_was(cloud):
    with Inbox() as inbox:
        endpoints.add_endpoint(inbox.url, endpoint_id="ci")
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        [row] = rows()

        sent = redelivery.send_again(row.id)
        retry(cloud.messages())

    first, again = inbox.received
    [row] = rows()
    assert (sent.status, row.status, row.due_at) == ("pending", "delivered", None)
    assert (first.body, first.headers["webhook-id"]) == (again.body, again.headers["webhook-id"])
    assert [attempt["number"] for attempt in row.attempts] == [1, 2]


def test_a_redelivery_that_fails_has_all_its_retries_again(cloud):
    with Inbox(status=500) as inbox:
        endpoints.add_endpoint(inbox.url, endpoint_id="ci")
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        for _ in CONFIG.retry_delays:
            cloud.retry_due()
        given_up = rows()[0].status

        redelivery.send_again(rows()[0].id)
        for _ in CONFIG.retry_delays:
            cloud.retry_due()
        before_the_last = rows()[0].status
        cloud.retry_due()

    [row] = rows()
    assert (given_up, before_the_last, row.status) == ("failed", "pending", "failed")
    assert len(inbox.received) == 2 * (len(CONFIG.retry_delays) + 1)
    assert [attempt["number"] for attempt in row.attempts] == list(range(5, 25))


def test_one_that_waits_is_due_at_once(cloud):
    with Inbox(status=500) as inbox:
        endpoints.add_endpoint(inbox.url, endpoint_id="ci")
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        inbox.status = 204

        redelivery.send_again(rows()[0].id)
        retry(cloud.messages())

    assert [row.status for row in rows()] == ["delivered"]


def test_a_replay_finds_what_is_settled_in_its_time_the_oldest_first(cloud):
    with Inbox() as inbox:
        endpoints.add_endpoint(inbox.url, endpoint_id="ci")
        endpoints.add_endpoint("http://127.0.0.1:9/", endpoint_id="other")
        for _ in range(5):
            lifecycle.create_task({"title": "x"})
            cloud.pump()
        pinging.ping("ci")
        made = [row for row in rows() if row.endpoint_id == "ci" and row.event_type != "ping"]
        made[1].update(actions=[Delivery.status.set("failed")])
        made[2].update(actions=[Delivery.status.set("superseded")])
        until = made[3].created_at

        found = redelivery.replayable(ReplayRequest("ci", 0, until))
        failed = redelivery.replayable(ReplayRequest("ci", 0, until, ["failed"]))
        behind = redelivery.replayable(
            ReplayRequest("ci", 0, until, cursor=f"{made[1].created_at}:{made[1].id}")
        )

    assert [sent.id for sent in found] == [made[0].id, made[1].id, made[3].id]
    assert [sent.id for sent in failed] == [made[1].id]
    assert [sent.id for sent in behind] == [made[3].id]


@pytest.mark.usefixtures("cloud")
def test_a_replay_of_a_time_that_ends_before_it_begins_is_refused():
    endpoints.add_endpoint("http://127.0.0.1:9/", endpoint_id="ci")

    for replay in (redelivery.replayable, redelivery.count_replayable, redelivery.replay):
        with pytest.raises(Refused, match="^until: lies before since$"):
            replay(ReplayRequest("ci", 2000, 1000))


@pytest.mark.usefixtures("cloud")
def test_a_replay_goes_on_behind_a_delivery_that_cannot_be_read_or_is_gone():
    subscribe("http://127.0.0.1:9/")
    lay_down(5)
    edit(
        "deliveries", {"lane": {"S": "ci.2"}, "sequence": {"S": "2".zfill(40)}}, tries={"S": "many"}
    )

    first = redelivery.replay(ReplayRequest("ci", 0, 1e9), 2)
    Delivery("ci.2", "2".zfill(40)).delete()
    second = redelivery.replay(ReplayRequest("ci", 0, 1e9, cursor=first.cursor), 9)

    assert (first.sent, len(first.skipped), second) == (1, 1, redelivery.Step(3, [], None))


@pytest.mark.usefixtures("cloud")
def test_a_replay_passes_over_a_delivery_that_lacks_what_it_is_chosen_by():
    subscribe("http://127.0.0.1:9/")
    lay_down(2)
    Delivery("ci.1", "1".zfill(40)).update(
        actions=[Delivery.event_type.remove(), Delivery.status.remove()]
    )

    wanted = ReplayRequest("ci", 0, 1e9)

    assert [sent.id for sent in redelivery.replayable(wanted)] == ["ci.2.2"]
    assert redelivery.replay(wanted) == redelivery.Step(1, [], None)


@pytest.mark.usefixtures("cloud")
def test_a_replay_that_runs_out_of_time_goes_on_behind_what_it_has_looked_at(monkeypatch):
    subscribe("http://127.0.0.1:9/")
    lay_down(3)
    monkeypatch.setattr(redelivery, "MAX_STEP_TIME", -1)
    wanted = ReplayRequest("ci", 0, 1e9, statuses=["failed"])

    steps = [redelivery.replay(wanted)]
    while after := steps[-1].cursor:
        steps.append(redelivery.replay(wanted._replace(cursor=after)))

    assert [step.cursor for step in steps] == ["1001:ci.1.1", "1002:ci.2.2", None]


@pytest.mark.parametrize("after", ["x", "ci.1.1", ":", "nan:x", "inf:x"])
def test_a_replay_behind_what_is_no_place_is_refused(cloud, after):  # noqa: ARG001 -- the tables must be there first
    subscribe("http://127.0.0.1:9/")

    with pytest.raises(Refused, match="^after: takes what an earlier replay has ended with$"):
        redelivery.replay(ReplayRequest("ci", 0, 1, cursor=after))


def test_what_cannot_be_sent_again_is_refused_with_the_reason(cloud):
    with Inbox() as inbox:
        endpoints.add_endpoint(inbox.url, endpoint_id="ci")
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        ping = pinging.ping("ci")
        [row] = [row for row in rows() if row.event_type != "ping"]

        with pytest.raises(Refused, match="delivery: is a ping: test the endpoint again"):
            redelivery.send_again(ping.id)
        row.update(actions=[Delivery.body.set("null"), Delivery.packed_event.remove()])
        with pytest.raises(Refused, match="delivery: its event was too large to be kept"):
            redelivery.send_again(row.id)
        endpoints.set_active("ci", is_active=False)
        with pytest.raises(Refused, match="endpoint: is disabled: enable it first"):
            redelivery.send_again(row.id)
        endpoints.remove_endpoint("ci")
        with pytest.raises(NotFound, match="there is no endpoint ci"):
            redelivery.send_again(row.id)
        with pytest.raises(NotFound, match="there is no delivery ci.9.9"):
            redelivery.send_again("ci.9.9")

    assert len(inbox.received) == 2


def test_a_ping_that_is_answered_well_opens_the_way_back(cloud):
    with Inbox(status=500) as inbox:
        endpoints.add_endpoint(inbox.url, endpoint_id="ci")
        for _ in range(5):
            lifecycle.create_task({"title": "x"})
        cloud.pump()
        suspended = Endpoint.get("ci").suspended_until
        for row in rows():
            row.update(actions=[Delivery.due_at.set(row.created_at)])
        cloud.messages()
        inbox.status = 204

        pinging.ping("ci")
        retry(cloud.messages())

    assert suspended is not None
    assert Endpoint.get("ci").suspended_until is None
    assert {row.status for row in rows()} == {"delivered"}
