"""The page of a delivery: attempts, the request as sent, and the button to send it again."""

import re
import subprocess
from html import unescape

import pytest
from standardwebhooks import Webhook

from chalicelib.services.deliveries import pinging, redelivery
from chalicelib.services.endpoints import endpoints
from chalicelib.services.tasks import lifecycle
from tests.support.cloud import TOKEN
from tests.support.deliveries import lay_down, rows, subscribe, task_of_version
from tests.support.page_visits import Page
from tests.support.receivers import Inbox


def test_a_delivery_shows_each_attempt_and_the_request_without_token_and_signature(cloud, admin):
    with Inbox(status=500, answer=b"<script>alert(1)</script>") as inbox:
        inbox.answer_headers = {"X-Request-Id": "r-1"}
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
    assert "x-request-id: r-1" in page.seen


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

    assert answer.status == 303
    assert answer.headers["Location"] == f"/deliveries/{row.id}?done=arrived"
    assert rows()[0].status == "delivered"


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

    redelivery.send_again(row.id)
    page, listed = admin.get(f"/deliveries/{row.id}"), admin.get("/deliveries")

    assert "To be sent again. Attempts so far: 1." in page.seen
    assert "To be sent again" in listed.seen
    assert "Retry in" not in listed.seen


def test_send_again_sends_before_the_page_is_back_and_says_what_came_of_it(cloud, admin):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "Write"})
        cloud.pump()
        [row] = rows()
        inbox.status = 204

        sent = admin.post(f"/deliveries/{row.id}", do="send")
        page = admin.get(sent.headers["Location"])

    assert [post.headers["X-Taskhook-Attempt"] for post in inbox.received] == ["1", "2"]
    assert "Sent again, and delivered." in page.seen
    assert "Delivered. It took 2 attempts." in page.seen


def test_what_is_sent_again_to_an_endpoint_with_a_pace_waits_for_its_turn_and_says_so(cloud, admin):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "Write"})
        cloud.pump()
        [row] = rows()
        endpoints.change_endpoint("ci", per_second=1)

        sent = admin.post(f"/deliveries/{row.id}", do="send")

    assert "It is sent again in its turn" in admin.get(sent.headers["Location"]).seen
    assert len(inbox.received) == 1


def test_the_command_for_a_shell_shows_no_secret_until_it_is_asked_to(cloud, admin):
    with Inbox() as inbox:
        subscribe(inbox.url)
        endpoints.change_endpoint("ci", headers={"X-Key": "of-bad-news"})
        lifecycle.create_task({"title": "it's"})
        cloud.pump()
        [row] = rows()

        hidden = admin.get(f"/deliveries/{row.id}")
        shown = admin.get(f"/deliveries/{row.id}?show=curl")
        run_in_a_shell(command_of(hidden))
        run_in_a_shell(command_of(shown))

    [sent, masked, whole] = inbox.received
    for secret in (TOKEN, "of-bad-news"):
        assert secret not in hidden.text
        assert secret in shown.text
    assert masked.body == whole.body == sent.body
    assert masked.headers["X-Key"] == "[secret]"
    assert (whole.path, whole.headers["X-Key"]) == (sent.path, "of-bad-news")
    Webhook(endpoints.find_endpoint("ci").endpoint.secret).verify(whole.body, dict(whole.headers))


def command_of(page: Page) -> str:
    [text] = re.findall(r'<pre class="body" id="curl"[^>]*>(.*?)</pre>', page.text, re.DOTALL)
    return unescape(text)


def run_in_a_shell(command: str) -> None:
    subprocess.run(["sh", "-c", command + " --silent --fail"], check=True, timeout=30)
