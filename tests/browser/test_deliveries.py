"""The list of deliveries in a browser: one line each, opened at the side, and live."""

import time

import pytest

from tests.browser.conftest import ONE_WORKER, add, fail_while_leaving, hold
from tests.support.local_run import wait_until

pytestmark = ONE_WORKER

ROWS = "table.deliveries tbody tr"


@pytest.fixture
def listed(run, admin, inbox):
    """The list of an endpoint's deliveries, of which there are three."""
    name = f"listed-{time.time_ns()}"
    run.manage("endpoint", "add", inbox.url, "--id", name, "--name", "The wiki")
    for title in ("One", "Two", "Three"):
        add(run, title + " with a title that is far too long for a line of its own" * 3)
    inbox.wait_for(3)
    wait_until(lambda: delivered(run, name) == 3)
    admin.goto(f"{run.url}/deliveries?endpoint={name}")
    yield admin
    run.manage("endpoint", "remove", name)


def delivered(run, name):
    rows = run.client("dynamodb").scan(TableName="taskhook-dev-deliveries")["Items"]
    return len([row for row in rows if row["endpoint_id"]["S"] == name])


@pytest.mark.parametrize(("width", "lines"), [(1280, 1), (390, 2)])
def test_a_delivery_takes_one_line_and_two_where_it_is_narrow(listed, width, lines):
    listed.set_viewport_size({"width": width, "height": 800})

    heights = {row.bounding_box()["height"] for row in listed.locator(ROWS).all()}

    assert max(heights) < 24 * lines + 24
    assert listed.evaluate("document.documentElement.scrollWidth") <= width


def test_a_click_anywhere_on_a_row_opens_it_at_the_side_where_it_is_sent_again(listed, inbox):
    listed.locator(f"{ROWS} >> nth=1").locator("td.age").click(force=True)
    listed.wait_for_selector("#panel .attempts")
    address = listed.url
    listed.click("#panel >> text=Send again")

    listed.wait_for_selector("#panel >> text=Sent again, and delivered.")
    assert len(inbox.received) == 4
    assert "panel=deliveries/" in address
    listed.wait_for_selector(f"{ROWS} >> nth=1 >> td.tries:text-is('2')", state="attached")
    listed.keyboard.press("Escape")
    listed.wait_for_selector("#panel", state="hidden")
    assert listed.evaluate("document.activeElement.closest('tr').rowIndex") == 2


def test_a_new_delivery_appears_marked_and_what_is_read_stays_in_place(run, listed):
    listed.set_viewport_size({"width": 1280, "height": 300})
    row = listed.locator(ROWS).filter(has_text="Two")
    row.scroll_into_view_if_needed()
    row.hover()
    before = row.bounding_box()["y"]

    add(run, "Four")

    listed.wait_for_selector(f"{ROWS}.new >> text=Four")
    assert abs(row.bounding_box()["y"] - before) < 2
    assert listed.locator(ROWS).count() == 4
    listed.wait_for_selector(f"{ROWS}:not(.new) >> text=Four")


def test_nothing_is_asked_while_nobody_is_there(listed):
    asked = []
    listed.on("request", lambda request: asked.append(request.url))
    listed.wait_for_event("request", lambda request: "/deliveries/version" in request.url)

    listed.evaluate("Date.now = ((now) => () => now() + 20 * 60 * 1000)(Date.now)")
    listed.wait_for_timeout(2500)
    asked.clear()
    listed.wait_for_timeout(2500)
    is_quiet = not asked
    listed.mouse.move(5, 5)

    listed.wait_for_event("request", lambda request: "/deliveries/version" in request.url)
    assert is_quiet


def test_without_javascript_a_row_is_a_link_to_its_page(listed, open_page):
    page = open_page(java_script_enabled=False)
    page.context.add_cookies(listed.context.cookies())
    page.goto(listed.url)

    page.locator(f"{ROWS} >> nth=0").locator("td.state").click(force=True)

    page.wait_for_selector(".attempts")
    assert "/deliveries/listed-" in page.url
    assert "task.created to The wiki" in page.text_content("h1")


def test_what_waits_for_a_suspended_endpoint_is_one_row_that_resumes_it(run, listed, inbox):
    name = listed.url.rpartition("=")[2]
    store, now = run.client("dynamodb"), int(time.time())
    for row in store.scan(TableName="taskhook-dev-deliveries")["Items"]:
        if row["endpoint_id"]["S"] == name:
            row |= {"status": {"S": "pending"}, "due_at": {"N": str(now)}}
            store.put_item(TableName="taskhook-dev-deliveries", Item=row)
    store.update_item(
        TableName="taskhook-dev-endpoints",
        Key={"id": {"S": name}},
        UpdateExpression="SET failing_since = :now, suspended_until = :until, waiting_since = :now",
        ExpressionAttributeValues={":now": {"N": str(now)}, ":until": {"N": str(now + 600)}},
    )
    listed.reload()
    told = listed.text_content(".fold")

    listed.click(".fold button")

    assert "3 wait for The wiki" in " ".join(told.split())
    listed.wait_for_selector("[role=status] >> text=Resumed: what waits goes now.")
    inbox.wait_for(7)


def test_a_replay_that_somebody_leaves_does_not_call_them_back(listed):
    listed.click("text=Replay since")
    listed.click("main button:has-text('Count')")
    steps = hold(listed, "**/deliveries/replay")

    listed.click("[data-begins] button")
    fail_while_leaving(listed, steps)

    assert len(steps) == 1
