"""Endpoints and deliveries."""

import pytest

from chalicelib.domain.endpoint_fields import FIELDS
from tests.clients.conftest import error_answer
from tests.support.documented import Text
from tests.support.local_run import wait_until
from tests.support.receivers import Inbox

pytestmark = pytest.mark.xdist_group("clients")


@pytest.fixture
def inbox():
    with Inbox() as listening:
        yield listening


@pytest.fixture
def endpoint(application, inbox):
    name = application.create_endpoint(url=inbox.url)
    yield name
    application.remove_endpoint(endpoint_id=name)


def shown(application, name):
    return next(endpoint for endpoint in application.get_endpoints() if endpoint["id"] == name)


def plain(name, url, **changed):
    return {
        "id": name,
        "url": url,
        "events": ["task.created", "task.modified"],
        "format": "kanboard",
        "is_active": True,
        "suspended_until": None,
        "reason": "",
        **dict.fromkeys(FIELDS),
        "public_key": None,
    } | changed


def delivered(application, name, count):
    """Return the deliveries to an endpoint once they are this many and all have arrived."""

    def seen():
        rows = application.get_deliveries(endpoint_id=name)
        return len(rows) == count and {row["status"] for row in rows} == {"delivered"} and rows

    return wait_until(seen)


def test_an_endpoint_is_created_and_listed(application, inbox, endpoint):
    assert endpoint == Text("ep_[0-9a-f]{12}")
    assert shown(application, endpoint) == plain(endpoint, inbox.url)


def test_an_endpoint_is_created_with_all_that_can_be_said(administrator, inbox):
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    name = administrator.create_endpoint(
        url=inbox.url, events=["task.removed"], format="cloudevents", id="ci", secret=secret
    )

    listed = shown(administrator, name)
    removed = (
        administrator.remove_endpoint(endpoint_id=name),
        administrator.remove_endpoint(endpoint_id=name),
    )
    assert (name, removed) == ("ci", (True, False))
    assert listed == plain(
        "ci", inbox.url, events=["task.removed"], format="cloudevents", send_token=False
    )


def test_an_endpoint_is_changed(application, inbox, endpoint):
    changed = application.update_endpoint(
        id=endpoint,
        url=f"{inbox.url}new",
        events=["task.created"],
        format="standard",
        is_active=False,
    )

    new = {"events": ["task.created"], "format": "standard", "is_active": False}
    new["send_token"] = False
    listed = shown(application, endpoint)
    assert changed is True
    assert listed == plain(endpoint, f"{inbox.url}new", **new, reason=listed["reason"])
    assert application.update_endpoint(id=endpoint, is_active=True) is True
    assert shown(application, endpoint) == plain(
        endpoint, f"{inbox.url}new", **new | {"is_active": True}
    )


def test_a_ping_tells_what_came_of_it(application, inbox, endpoint):
    told = application.test_endpoint(endpoint_id=endpoint)

    [received] = inbox.wait_for(1)
    assert received.headers["X-Taskhook-Event"] == "ping"
    assert told == {
        "id": told["id"],
        "endpoint_id": endpoint,
        "event_type": "ping",
        "task_id": 0,
        "status": "delivered",
        "outcome": "204",
        "tries": 1,
        "created_at": told["created_at"],
        "due_at": None,
    }


def test_a_delivery_is_listed_and_sent_again(application, board, inbox, endpoint):
    number = application.create_task(title="Write", project_id=board.id)
    [sent] = delivered(application, endpoint, 1)

    again = application.retry_delivery(delivery_id=sent["id"])

    bodies = [received.body for received in inbox.wait_for(2)]
    assert (sent["task_id"], sent["event_type"], sent["outcome"]) == (number, "task.created", "204")
    assert (again, bodies) == (True, bodies[:1] * 2)
    assert delivered(application, endpoint, 1)[0]["tries"] == 2


def test_deliveries_are_replayed_in_portions(application, board, inbox, endpoint):
    for _ in range(3):
        application.create_task(title="Write", project_id=board.id)
    delivered(application, endpoint, 3)

    first = application.replay_deliveries(endpoint_id=endpoint, since=0, limit=2)
    second = application.replay_deliveries(
        endpoint_id=endpoint, since=0, limit=2, after=first["last"]
    )

    ids = [received.headers["webhook-id"] for received in inbox.wait_for(6)]
    assert first == {"sent_again": 2, "skipped": [], "last": first["last"]}
    assert second == {"sent_again": 1, "skipped": [], "last": None}
    assert sorted(ids[:3]) == sorted(ids[3:])


def test_endpoints_that_cannot_be_are_refused(application, endpoint):
    answers = [
        application.create_endpoint(url="ftp://example.com"),
        application.create_endpoint(url="http://10.0.0.1/"),
        application.create_endpoint(url="http://127.0.0.1/", events=["task.eaten"]),
        application.create_endpoint(url="http://127.0.0.1/", format="morse"),
        application.create_endpoint(url="http://127.0.0.1/", id=endpoint),
        application.create_endpoint(url="http://127.0.0.1/", secret="x"),
        application.update_endpoint(id="nobody", url="http://127.0.0.1/"),
        application.test_endpoint(endpoint_id="nobody"),
        application.retry_delivery(delivery_id="nobody"),
        application.replay_deliveries(endpoint_id="nobody", since=0),
    ]

    assert answers == [False] * 10


def test_a_user_may_not_see_endpoints(person):
    for call in (person.client.get_endpoints, person.client.get_deliveries):
        with error_answer("403"):
            call()
