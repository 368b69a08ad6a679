"""Endpoints in a browser: added in one step, tested and resumed."""

import time

import pytest

from tests.browser.conftest import ONE_WORKER

pytestmark = ONE_WORKER


@pytest.fixture
def made(run, admin, inbox):
    """The page of an endpoint that was added in the browser."""
    admin.goto(run.url + "/settings")
    admin.click("text=Add endpoint")
    admin.fill("#url", inbox.url)
    admin.fill("#name", "The wiki")
    admin.click("button[value=add]")
    admin.wait_for_url("**done=added**")
    endpoint_id = admin.url.rpartition("/")[2].partition("?")[0]
    yield admin
    run.manage("endpoint", "remove", endpoint_id)


def test_an_endpoint_is_added_and_tested_and_the_outcome_stands_beside_the_button(made, inbox):
    made.click("text=Send a test")

    told = made.locator("[aria-labelledby=test] [role=status]")
    assert "Answered 204" in told.text_content()
    button = made.locator("button[value=test]").bounding_box()
    assert abs(told.bounding_box()["y"] - button["y"]) < button["height"]
    assert inbox.wait_for(1)[0].headers["X-Taskhook-Event"] == "ping"
    assert made.text_content("h1") == "The wiki"


def test_a_suspended_endpoint_is_resumed_by_a_test(run, made):
    endpoint_id = made.url.rpartition("/")[2].partition("?")[0]
    now = str(int(time.time()))
    run.client("dynamodb").update_item(
        TableName="taskhook-dev-endpoints",
        Key={"id": {"S": endpoint_id}},
        UpdateExpression="SET failing_since = :now, suspended_until = :until",
        ExpressionAttributeValues={":now": {"N": now}, ":until": {"N": "2000000000"}},
    )
    made.goto(f"{run.url}/endpoints/{endpoint_id}")

    made.click("text=Resume now (sends a test)")

    made.wait_for_selector("[role=status] >> text=Resumed: what waits goes now.")
    assert "Suspended: next probe" not in made.text_content("main")
    made.goto(f"{run.url}/endpoints/{endpoint_id}")


def test_the_template_is_asked_for_with_format_custom_alone(made):
    assert made.is_hidden("#template")

    made.select_option("#format", "custom")

    assert made.is_visible("#template")


def test_the_preview_follows_what_is_typed(made):
    made.select_option("[name=from]", "example:task.created")
    made.select_option("#format", "custom")
    made.fill("#template", '{"text": "{{ upper(data.title) }}"}')

    made.wait_for_selector("#preview pre >> text=RENEW THE CERTIFICATE")
    made.fill("#filter", "project.id == `7`")
    made.wait_for_selector("#preview-says >> text=Not sent: the filter is not true")

    assert "done=" in made.url  # the page was never loaded again


def test_without_javascript_a_button_shows_the_body(made, open_page):
    page = open_page(java_script_enabled=False)
    page.context.add_cookies(made.context.cookies())
    page.goto(made.url)

    page.select_option("[name=from]", "example:task.created")
    page.select_option("#format", "slack")
    page.click("button[value=preview]")

    assert "Renew the certificate" in page.text_content("#preview pre")
    assert page.input_value("#format") == "slack"


def test_the_preview_names_the_headers_that_are_typed_and_shows_none_of_their_values(made):
    made.select_option("[name=from]", "example:task.created")
    made.click(".folded > summary")
    made.fill("#headers", '{"Authorization": "Bearer of-bad-news"}')

    made.wait_for_selector("#preview .code >> text=Authorization")
    assert "of-bad-news" not in made.text_content("#preview")
