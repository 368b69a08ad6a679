"""The page of a delivery: attempts, the request as sent, and the button to send it again."""

import pytest

from chalicelib.services.deliveries import pinging
from chalicelib.services.endpoints import endpoints
from chalicelib.services.tasks import lifecycle
from tests.support.cloud import TOKEN
from tests.support.deliveries import lay_down, rows, subscribe, task_of_version
from tests.support.receivers import Inbox


def test_a_delivery_shows_each_attempt_and_the_request_without_token_and_signature(cloud, admin):
    with Inbox(status=500, answer=b"<script>alert(1)</script>") as inbox:
        subscribe(inbox.url + "hook?a=b")
        lifecycle.create_task({"title": "Write"})
        cloud.pump()
    [row] = rows()

    page = admin.get(f"/deliveries/{row.id}")

    [post] = inbox.received
    assert "Not delivered after one attempt. Last result: answered 500." in page.seen
    assert "/hook?a=b&token=REDACTED" in page.seen
    for name in (
        "X-Taskhook-Event",
        "X-Taskhook-Attempt",
        "webhook-id",
        "webhook-timestamp",
        "Content-Type",
    ):
        assert f"{name}: {post.headers[name]}" in page.seen
    assert "webhook-signature: v1,REDACTED" in page.seen
    assert TOKEN not in page.text
    assert "<script>alert" not in page.text
    assert '"title": "Write"' in page.seen


def test_a_request_is_shown_with_the_scheme_that_signed_it_and_each_header_once(cloud, admin):
    with Inbox() as inbox:
        subscribe(inbox.url)
        endpoints.change_endpoint(
            "ci",
            body_format="custom",
            template="{{ data.title }}",
            headers={"content-type": "text/plain"},
            signing="v1a",
        )
        lifecycle.create_task({"title": "Write"})
        cloud.pump()
    [row] = rows()

    seen = admin.get(f"/deliveries/{row.id}").seen

    assert "webhook-signature: v1a,REDACTED" in seen
    assert "content-type: [secret]" in seen
    assert "Content-Type:" not in seen


def test_a_request_is_shown_as_it_was_sent_though_the_endpoint_has_another_url_since(cloud, admin):
    with Inbox() as inbox:
        subscribe(inbox.url + "old")
        task_of_version(1)
        cloud.pump()
    [row] = rows()
    endpoints.change_endpoint("ci", inbox.url + "new")

    page = admin.get(f"/deliveries/{row.id}")
    endpoints.remove_endpoint("ci")
    after = admin.get(f"/deliveries/{row.id}")

    for seen in (page.seen, after.seen):
        assert f"POST {inbox.url}old?token=REDACTED" in seen
        assert f"POST {inbox.url}new" not in seen


def test_a_retry_shows_the_url_that_it_called(cloud, admin):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url + "old")
        task_of_version(1)
        cloud.pump()
        endpoints.change_endpoint("ci", inbox.url + "new")
        cloud.retry_due()
    [row] = rows()

    assert f"POST {inbox.url}new?token=REDACTED" in admin.get(f"/deliveries/{row.id}").seen


def test_a_delivery_is_sent_again_by_its_button(cloud, admin):
    with Inbox() as inbox:
        subscribe(inbox.url)
        task_of_version(1)
        cloud.pump()
        [row] = rows()

        answer = admin.post(f"/deliveries/{row.id}", do="send")

    assert (answer.status, answer.headers["Location"]) == (303, f"/deliveries/{row.id}?done=sent")
    assert rows()[0].status == "pending"


def test_a_ping_has_no_button_and_is_refused(admin):
    with Inbox() as inbox:
        subscribe(inbox.url)
        ping = pinging.ping("ci")

    page, answer = (
        admin.get(f"/deliveries/{ping.id}"),
        admin.post(f"/deliveries/{ping.id}", do="send"),
    )

    assert "Send again" not in page.seen
    assert "is a ping: test the endpoint again" in answer.seen
    assert answer.status == 400


def test_a_delivery_to_an_endpoint_that_is_gone_is_shown_all_the_same(admin):
    lay_down(1, status="pending")

    page = admin.get("/deliveries/ci.1.1")

    assert page.status == 200
    assert "The endpoint ci was removed with its URL." in page.seen


@pytest.mark.parametrize("name", ["ci.9.9", "x", "%2F"])
def test_there_is_no_page_of_a_delivery_that_is_not_there(admin, name):
    assert admin.get(f"/deliveries/{name}").status == 404


def test_a_delivery_that_was_just_sent_again_does_not_seem_to_wait_for_its_retry(cloud, admin):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "Write"})
        cloud.pump()
    [row] = rows()

    sent = admin.post(f"/deliveries/{row.id}", do="send")
    page, listed = admin.get(f"/deliveries/{row.id}"), admin.get("/deliveries")

    assert sent.status == 303
    assert "To be sent again. It will be sent again. Attempts so far: 1." in page.seen
    assert "To be sent again" in listed.seen
    assert "Retry in" not in listed.seen
