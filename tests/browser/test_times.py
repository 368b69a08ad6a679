"""Times on the pages: in the reader's own zone, and in UTC without JavaScript."""

from datetime import datetime, timedelta, timezone

from tests.browser.conftest import ONE_WORKER, add, signed_in

pytestmark = ONE_WORKER

TOKYO = {"timezone_id": "Asia/Tokyo", "locale": "en-US"}
NEW_YORK = {"timezone_id": "America/New_York", "locale": "en-US"}


def test_a_time_that_is_near_is_relative_and_its_title_has_the_readers_zone(run, open_page):
    task_id = add(run, "When")
    page = signed_in(open_page(**TOKYO), run)

    page.goto(f"{run.url}/tasks/{task_id}")
    page.wait_for_selector("time:has-text('just now')")
    moment = page.get_attribute("time", "datetime")
    title = page.get_attribute("time", "title")

    there = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    there = there.astimezone(timezone(timedelta(hours=9)))
    assert f"{there.day} {there:%B %Y}" in title
    assert f"{there:%H:%M:%S} GMT+9" in title


def test_a_time_that_is_far_is_a_date_and_one_between_a_distance(run, open_page):
    task_id = add(run, "When")
    page = signed_in(open_page(**TOKYO), run)
    page.goto(f"{run.url}/tasks/{task_id}")
    page.wait_for_selector("time")
    at = datetime.fromisoformat(page.get_attribute("time", "datetime").rstrip("Z"))

    seen = {}
    for passed in ("minutes=3", "hours=5", "days=2", "days=20", "days=400"):
        unit, _, count = passed.partition("=")
        now = at + timedelta(**{unit: int(count)})
        page.clock.set_fixed_time(now.replace(tzinfo=timezone.utc))
        page.reload()
        page.wait_for_selector("time:not(:has-text('UTC'))")
        seen[passed] = page.text_content("time")

    there = at + timedelta(hours=9)
    assert seen == {
        "minutes=3": "3 min ago",
        "hours=5": "5 h ago",
        "days=2": "2 days ago",
        "days=20": f"{there.day} {there:%b}, {there:%H:%M}",
        "days=400": f"{there.day} {there:%b} {there.year}",
    }


def test_a_due_date_is_picked_and_stays_the_same_day_in_every_zone(run, open_page):
    task_id = add(run, "Due")
    here = signed_in(open_page(**TOKYO), run)
    there = signed_in(open_page(**NEW_YORK), run)

    here.goto(f"{run.url}/tasks/{task_id}")
    here.click("summary:has-text('Edit')")
    here.fill("#date_due", "2027-03-01")
    here.click("button[value=save]")
    here.wait_for_selector("text=Saved.")
    there.goto(f"{run.url}/tasks/{task_id}")
    there.wait_for_selector(".about:has-text('1 Mar 2027')")
    value = there.input_value("#date_due")
    there.click("summary:has-text('Edit')")
    there.fill("[name=time_due]", "18:30")
    there.click("button[value=save]")
    there.wait_for_selector("text=Saved.")
    here.reload()

    assert value == "2027-03-01"
    assert "1 Mar 2027, 18:30 UTC" in here.text_content(".about")
    assert (here.input_value("#date_due"), here.input_value("[name=time_due]")) == (
        "2027-03-01",
        "18:30",
    )


def test_without_javascript_times_say_that_they_are_in_utc(run, open_page):
    task_id = add(run, "When")
    page = signed_in(open_page(java_script_enabled=False, **TOKYO), run)

    page.goto(f"{run.url}/tasks/{task_id}")
    shown = page.text_content("time")

    moment = page.get_attribute("time", "datetime")
    assert shown == moment.replace("T", " ").replace("Z", " UTC")
    assert page.get_attribute("time", "title") == shown
