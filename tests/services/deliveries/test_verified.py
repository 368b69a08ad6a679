"""Whatever is sent, and however often, others' code accepts it."""

import time

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from standardwebhooks import Webhook, WebhookVerificationError

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.services.deliveries import pinging, redelivery
from chalicelib.services.endpoints import endpoints
from chalicelib.services.tasks import lifecycle, removal
from tests.support.cloud import retry
from tests.support.deliveries import ALL, rows
from tests.support.receivers import Inbox


def make_everything_happen(cloud, inbox):
    """Send each kind of event: first, after a failure, coalesced, by hand; and a ping."""
    task_id = lifecycle.create_task({"title": "one"})
    cloud.pump()
    inbox.status = 500
    for title in ("two", "drei \N{SNOWMAN}"):
        lifecycle.update_task(task_id, {"title": title})
        cloud.pump()
    removal.remove_task(task_id)
    cloud.pump()
    inbox.status = 204
    cloud.retry_due()
    redelivery.send_again(rows()[0].id)
    retry(cloud.messages())
    pinging.ping("ci")


@pytest.mark.parametrize("body_format", ["kanboard", "standard", "cloudevents"])
def test_every_signature_is_valid_for_standardwebhooks(cloud, body_format):
    with Inbox() as inbox:
        secret = endpoints.add_endpoint(inbox.url, ALL, body_format, "ci").secret
        make_everything_happen(cloud, inbox)

    told = [received.headers["X-Taskhook-Event"] for received in inbox.received]
    assert told == [ALL[0], ALL[1], ALL[1], ALL[2], ALL[0], "ping"]
    for received in inbox.received:
        assert Webhook(secret).verify(received.body, dict(received.headers))


def test_every_cloudevent_is_one_for_cloudevents(cloud):
    with Inbox() as inbox:
        endpoints.add_endpoint(inbox.url, ALL, "cloudevents", "ci")
        make_everything_happen(cloud, inbox)

    for received in inbox.received:
        event = from_structured_event(HTTPMessage(dict(received.headers), received.body))
        assert (event.get_type(), event.get_id()) == (
            received.headers["X-Taskhook-Event"],
            received.headers["webhook-id"],
        )
    assert len(inbox.received) == 6


def test_a_warm_function_signs_with_both_secrets_for_a_day_and_then_with_the_new_one(cloud):
    with Inbox() as inbox:
        old = endpoints.add_endpoint(inbox.url, endpoint_id="ci").secret
        lifecycle.create_task({"title": "warm it"})
        cloud.pump()
        new = endpoints.rotate_secret("ci")
        lasts = (Endpoint.get("ci").previous_secret_until or 0) - time.time()
        lifecycle.create_task({"title": "both"})
        cloud.pump()
        Endpoint("ci").update(actions=[Endpoint.previous_secret_until.set(int(time.time()) - 1)])
        lifecycle.create_task({"title": "the new one"})
        cloud.pump()

    _, both, later = inbox.received
    assert 86_390 < lasts <= 86_400
    for secret in (old, new):
        assert Webhook(secret).verify(both.body, dict(both.headers))
    assert Webhook(new).verify(later.body, dict(later.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(later.body, dict(later.headers))
