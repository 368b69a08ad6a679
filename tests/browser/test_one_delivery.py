"""One delivery in a browser: its attempts, the request as a command, and sending it again."""

import json

import pytest

from tests.browser.conftest import ONE_WORKER, add

pytestmark = ONE_WORKER


@pytest.fixture
def failed(run, admin, inbox):
    """The page of a delivery whose first attempt has failed."""
    inbox.status, inbox.answer = 500, b'{"error": "no database"}'
    run.manage("endpoint", "add", inbox.url, "--id", "one")
    task_id = add(run, "It's one")
    inbox.wait_for(1)
    admin.goto(f"{run.url}/deliveries/{run.wait_until(lambda: delivery_of(run, task_id))}")
    yield admin
    run.manage("endpoint", "remove", "one")


def delivery_of(run, task_id):
    """Return the id of a task's delivery, or None until it is recorded."""
    listed = run.manage("--json", "delivery", "list", "--endpoint", "one").stdout
    return next((row["id"] for row in json.loads(listed) if row["task_id"] == task_id), None)


def test_the_attempts_are_a_waterfall_whose_last_one_is_open(failed, inbox):
    inbox.status = 204
    failed.click("text=Send again")

    failed.wait_for_selector("text=Sent again, and delivered.")
    bars = [bar.bounding_box() for bar in failed.locator(".steps-of").all()]
    first_steps = [failed.locator(f"svg >> nth={number} >> .step >> nth=0") for number in (0, 1)]
    starts = [step.bounding_box()["x"] for step in first_steps]
    assert len(bars) == 2
    assert starts[0] < starts[1]
    assert [part.get_attribute("open") for part in failed.locator(".attempts details").all()] == [
        None,
        "",
    ]
    failed.click(".attempts summary >> nth=0")
    assert "Answered 500" in failed.text_content(".attempts li >> nth=0")


def test_the_request_is_copied_as_a_command(failed):
    failed.context.grant_permissions(["clipboard-read", "clipboard-write"])

    failed.click("text=Copy as curl")
    failed.wait_for_selector("text=Copied")

    copied = failed.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("curl --request POST ")
    assert copied == failed.text_content("#curl")


def test_without_javascript_a_delivery_is_sent_again_and_read_in_full(failed, open_page, inbox):
    page = open_page(java_script_enabled=False)
    page.context.add_cookies(failed.context.cookies())
    page.goto(failed.url)
    inbox.status = 204

    page.click("text=Send again")
    page.click("text=Show secrets")

    assert "Delivered. It took 2 attempts." in " ".join(page.text_content("main").split())
    assert "token=REDACTED" not in page.text_content("#curl")
