"""The preview beside an endpoint's form: the body as the receiver gets it, nothing sent."""

import json
import re
from html import unescape

import pytest

from chalicelib.adapters.dynamodb.tables import Delivery
from chalicelib.services.endpoints import endpoints
from chalicelib.services.tasks import lifecycle
from tests.support.deliveries import subscribe
from tests.support.page_visits import form_of

NEW = "/settings/endpoint"


@pytest.fixture
def admin(admin, cloud):
    """An administrator, an endpoint, and a task of which it was told."""
    subscribe("https://example.com/hook")
    lifecycle.create_task({"title": "Write <b>"})
    cloud.pump()
    return admin


def body_in(page):
    [text] = re.findall(r'<pre class="body"[^>]*>(.*?)</pre>', page.text, re.DOTALL)
    return json.loads(unescape(text))


def preview(admin, path="/endpoints/ci", button="save", **typed):
    form = form_of(admin.get(path), button) | {"do": "preview", "part": "preview"}
    return admin.post(path, **form | typed)


def test_the_page_shows_the_body_of_the_newest_real_event_as_it_was_sent(admin):
    [sent] = Delivery.scan()

    page = admin.get("/endpoints/ci")

    assert f'<option value="{sent.id}" selected>task.created #1' in page.html
    assert body_in(page)["title"] == "Write <b>"
    assert "X-Taskhook-Event" in page.seen
    assert "webhook-signature" in page.seen


def test_the_preview_follows_format_and_template_and_saves_nothing(admin):
    typed = {"format": "custom", "template": '{"text": "{{ upper(data.title) }}"}'}

    page = preview(admin, **typed)

    assert body_in(page) == {"text": "WRITE <B>"}
    assert "<html" not in page.text
    endpoint = endpoints.find_endpoint("ci").endpoint
    assert (endpoint.format, endpoint.template) == (None, None)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"filter": "project.id == `1`"}, "Sent"),
        ({"filter": "project.id == `2`"}, "Not sent: the filter is not true"),
        ({"filter": "abs(data.title)"}, "Sent, though the filter fails"),
        ({"from": "example:task.removed"}, "Not sent: this type of event is not ticked"),
    ],
)
def test_the_preview_says_whether_the_event_is_sent(admin, typed, says):
    subscribed = {"task.removed": ""} if "from" in typed else {}

    page = preview(admin, **typed, **subscribed)

    assert re.findall(r'class="says" hidden>([^<]*)<', page.text) == [says]


def test_a_mistake_in_the_template_is_named_with_its_place(admin):
    page = preview(admin, format="custom", template='{"text": "{{ data. }}"}')

    assert "Template : text, column" in page.seen


def test_no_secret_is_in_the_preview(admin):
    chat = "https://api.telegram.org/bot12:SECRET-OF-BOT/sendMessage?chat_id=-4242"
    endpoints.change_endpoint(
        "ci", chat, body_format="telegram", headers={"Authorization": "Bearer HEADER-SECRET"}
    )
    secret = endpoints.find_endpoint("ci").endpoint.secret

    page = preview(admin)

    assert "Authorization" in page.seen
    assert body_in(page)["text"]
    hidden = ("SECRET-OF-BOT", "4242", "HEADER-SECRET", secret)
    assert [one for one in hidden if one in page.text] == []


def test_before_the_first_delivery_an_event_of_the_history_is_shown(admin):
    for row in Delivery.scan():
        row.delete()

    page = admin.get(NEW)

    assert '<option value="past:1.' in page.text
    assert body_in(page)["title"] == "Write <b>"


def test_an_event_of_the_history_shows_no_change_that_only_the_history_tells(admin, cloud):
    lifecycle.update_task(1, {"priority": "2"})
    cloud.pump()
    for row in Delivery.scan():
        row.delete()

    assert list(body_in(admin.get(NEW))["changes"]) == ["date_modification"]


def test_without_any_event_an_example_is_shown_and_named_so(cloud):  # noqa: ARG001 -- it is empty
    from tests.support.page_visits import Visitor  # noqa: PLC0415

    page = Visitor(1).get(NEW)

    assert "selected>Example: task.created</option>" in page.html
    assert body_in(page)["task_id"] == 42


def test_a_new_endpoint_is_previewed_before_it_is_added(admin):
    page = preview(admin, NEW, "add", format="standard")

    assert body_in(page)["type"] == "task.created"
    assert len(endpoints.list_endpoints()) == 1
