"""Sources in a browser: made, mapped as one types, posted to, and sent again after a repair."""

import json

import pytest
import requests

from tests.browser.conftest import ONE_WORKER

pytestmark = ONE_WORKER

LINES = """cell => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  return range.getClientRects().length;
}"""
"""On how many lines a text stands."""


def make_source(page, run, sender, name):
    """Make a source on the page of all, and return the address that its page then shows."""
    page.goto(run.url + "/sources")
    page.check(f".tiles >> text={sender}")
    page.fill("input[name=name]", name)
    page.click("button[value=add]")
    page.wait_for_selector(f"h1 >> text={name}")
    return page.text_content("#address")


def post(address, payload):
    answer = requests.post(address, json=payload, timeout=10)
    return answer.status_code, answer.json()


@pytest.fixture
def failed(run, admin):
    """The page of a source whose sender names the title otherwise, after its first payload."""
    address = make_source(admin, run, "Anything else", "Disks")
    status, said = post(address, {"what": "Disk full on db-1", "key": "db-1"})
    assert (status, said["failed"]) == (202, ["title: is required"])
    admin.goto(admin.url.partition("?")[0])
    return admin


def test_a_new_source_takes_the_sample_of_its_preset_at_the_address_that_it_shows(run, admin):
    address = make_source(admin, run, "Grafana Alerting", "Production alerts")
    sample = json.loads(admin.input_value("textarea[name=payload]"))
    expected = admin.text_content("#preview h4")

    status, said = post(address, sample)
    admin.reload()

    assert (status, len(said["created"])) == (200, 1)
    shown = " ".join(admin.text_content("table.payloads td").split())
    assert shown.startswith(f"1 created #{said['created'][0]} ")
    admin.goto(f"{run.url}/tasks/{said['created'][0]}")
    assert (
        admin.text_content("h1").strip()
        == expected
        == "Disk almost full: /var on db-1 is 93 % full"
    )


def test_the_preview_follows_what_is_typed_and_names_the_place_of_a_mistake(run, admin):
    make_source(admin, run, "Anything else", "Typed")
    admin.fill("textarea[name=payload]", '{"what": "Disk full", "host": {"name": "db-1"}}')
    admin.wait_for_selector("#preview >> text=title: is required")

    admin.fill("textarea[name='task.title']", "{{ payload.what }} on {{ payload.host.")
    admin.wait_for_selector("#preview >> text=title, column 23: a placeholder does not end")
    admin.fill("textarea[name='task.title']", "{{ payload.what }} on {{ payload.host.name }}")
    admin.wait_for_selector("#preview h4 >> text=Disk full on db-1")

    assert admin.text_content("#preview-says") == "1 created"
    assert "done=" in admin.url  # the page was never loaded again
    admin.goto(run.url + "/boards/1")
    assert "Disk full on db-1" not in admin.text_content("#board")


def test_a_failed_payload_is_mapped_saved_and_sent_again(failed):
    failed.click("table.payloads >> text=1 failed")
    assert failed.eval_on_selector("table.items td.code", LINES) == 1
    failed.click("text=Open in the mapping")
    failed.fill("textarea[name='task.title']", "{{ payload.what }}")
    failed.wait_for_selector("#preview h4 >> text=Disk full on db-1")
    failed.click("text=Save the mapping")
    failed.wait_for_url("**done=saved**")
    assert failed.locator("text=Saved.").bounding_box()["y"] > 0  # within what is seen

    failed.click("table.payloads >> text=Send again")
    failed.wait_for_url("**done=resent**")
    failed.click("table.items a")

    failed.wait_for_selector("h1 >> text=Disk full on db-1")


def test_without_javascript_a_button_shows_what_the_mapping_makes(failed, open_page):
    page = open_page(java_script_enabled=False)
    page.context.add_cookies(failed.context.cookies())
    page.goto(failed.url)

    page.select_option("select[name=from]", index=1)
    page.click("button[value=load]")
    page.fill("textarea[name='task.title']", "{{ upper(payload.what) }}")
    page.click("button[value=try]")

    assert page.text_content("#preview h4") == "DISK FULL ON DB-1"
    assert page.input_value("textarea[name='task.title']") == "{{ upper(payload.what) }}"
