"""What people do on the pages: a real browser, a real run, real receivers."""

import json

import pytest
import requests

from tests.browser.conftest import ONE_WORKER, add, signed_in
from tests.support.cloud import PASSWORD

pytestmark = ONE_WORKER


def test_who_has_not_signed_in_is_led_to_the_page_that_was_asked_for(run, open_page):
    page = open_page()

    page.goto(run.url + "/settings")
    page.fill("#username", "admin")
    page.fill("#password", "a wrong one")
    page.click("main button")
    refused = page.text_content("#error-password")
    focused = page.evaluate("document.activeElement.id")
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.wait_for_selector("nav[aria-label=Main]")
    if page.url.endswith("/password"):
        page.click("[name=keep]")
        page.wait_for_url(lambda url: "/password" not in url)
        page.goto(run.url + "/settings")

    assert "wrong" in refused
    assert focused == "password"
    assert page.text_content("h1") == "Settings"


def test_the_token_of_the_settings_page_adds_a_task_that_the_board_shows(run, admin):
    admin.goto(run.url + "/settings")
    hidden = admin.text_content("#webhook_token")
    admin.click("[href$='show=webhook_token#add']")
    admin.wait_for_url("**/settings?show=webhook_token#add")
    token = admin.text_content("#webhook_token")
    command = admin.text_content("#curl")

    query = {"controller": "task", "action": "add", "token": token, "title": "From the page"}
    answer = requests.get(run.url, params=query, timeout=10)
    admin.goto(run.url + "/boards/1")

    assert set(hidden) == {"•"}
    assert token == run.token
    assert (
        command == f'curl "{run.url}/?controller=task&action=add&token={token}&title=mySuperTask"'
    )
    assert answer.text == "OK"
    admin.wait_for_selector("text=From the page")


def test_a_url_of_the_settings_page_is_called(run, admin, inbox):
    admin.goto(run.url + "/settings")

    admin.fill("#created", inbox.url)
    admin.click("section[aria-labelledby=urls] button")
    told = admin.text_content("[role=status]")
    add(run, "Heard")

    assert told == "Saved."
    assert json.loads(inbox.wait_for(1)[0].body)["title"] == "Heard"
    admin.fill("#created", "")
    admin.click("section[aria-labelledby=urls] button")
    assert "no delivery is pending" in admin.text_content("main")
    admin.click("main button.danger")
    assert inbox.url not in admin.text_content("main")


def test_a_url_that_cannot_be_called_is_refused_beside_its_field(run, admin):
    admin.goto(run.url + "/settings")

    admin.fill("#modified", "ftp://example.com/")
    admin.click("section[aria-labelledby=urls] button")

    assert "ftp://example.com/" in admin.text_content(".error")
    assert admin.input_value("#modified") == "ftp://example.com/"
    assert admin.get_attribute("#modified", "aria-invalid") == "true"


def test_a_failing_delivery_is_seen_mended_and_sent_again(run, admin, inbox):
    endpoint_id = run.manage(
        "--json", "endpoint", "add", "http://127.0.0.1:1/", "--id", "wrong"
    ).stdout
    add(run, "Nobody listens")
    run.wait_until(
        lambda: json.loads(run.manage("--json", "delivery", "list", "--endpoint", "wrong").stdout)
    )

    admin.goto(run.url + "/deliveries?endpoint=wrong")
    admin.click("table.deliveries td a")
    reason = admin.text_content("main")
    admin.goto(run.url + "/endpoints/wrong")
    admin.fill("#url", inbox.url)
    admin.click("button[value=save]")
    admin.goto(run.url + "/deliveries?endpoint=wrong")
    admin.click("table.deliveries td a")
    admin.click("text=Send again")

    assert json.loads(endpoint_id)["id"] == "wrong"
    assert "connection refused by 127.0.0.1" in reason
    assert json.loads(inbox.wait_for(1)[0].body)["title"] == "Nobody listens"
    run.manage("endpoint", "remove", "wrong")


def test_a_test_event_tells_on_the_page_what_came_of_it(run, admin, inbox):
    run.manage("endpoint", "add", inbox.url, "--id", "tested")
    admin.goto(run.url + "/endpoints/tested")

    admin.click("text=Send a test")

    assert "Answered 204" in admin.text_content("section[aria-labelledby=test] [role=status]")
    assert admin.locator("section[aria-labelledby=test] svg rect").count() >= 2
    run.manage("endpoint", "remove", "tested")


def test_all_of_it_works_without_javascript(run, open_page):
    task_id = add(run, "No script")
    page = signed_in(open_page(java_script_enabled=False), run)

    page.goto(f"{run.url}/tasks/{task_id}")
    page.select_option("#column_id", "4")
    page.fill("#position", "1")
    page.click("section[aria-labelledby=place] button >> nth=0")
    page.goto(run.url + "/boards/1")
    page.click("section[aria-labelledby=c4] summary")
    page.fill("section[aria-labelledby=c4] input[name=title]", "Added without it")
    page.click("section[aria-labelledby=c4] button")
    shown, first = page.text_content("[id='4']"), page.locator("[id='4'] li a").first.text_content()
    page.goto(f"{run.url}/tasks/{task_id}")
    page.click("section[aria-labelledby=place] button.danger")
    asked = page.text_content("h1")
    page.click("main button.danger")

    assert "Added without it" in shown
    assert (first, asked) == ("No script", f"Remove #{task_id} No script?")
    assert page.url.startswith(f"{run.url}/boards/1")
    assert page.locator(f"#t{task_id}").count() == 0


def test_a_user_sees_boards_but_no_settings(run, open_page):
    run.request("POST", "/jsonrpc.php")
    page = signed_in(open_page(), run, *_user(run))

    page.goto(run.url + "/settings")
    refused = page.text_content("h1")
    page.goto(run.url + "/boards")

    assert refused == "Not allowed"
    assert page.text_content("nav[aria-label=Main]").split() == ["Board", "Projects", "Help"]


def _user(run):
    name, password = "alice", "alice's password"
    credentials = ("jsonrpc", run.ready["api_token"])
    for method, params in (
        ("createUser", {"username": name, "password": password}),
        ("addProjectUser", {"project_id": 1, "user_id": 2}),
    ):
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        requests.post(run.url + "/jsonrpc", json=body, auth=credentials, timeout=10)
    return name, password


XSS = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'>"


def test_nothing_that_people_or_receivers_write_runs(run, admin, inbox):
    inbox.status, inbox.answer = 500, XSS.encode()
    run.manage("endpoint", "add", inbox.url + "?x=" + "%3Cscript%3E", "--id", "evil<script>")
    task_id = add(run, XSS, description=XSS)
    inbox.wait_for(1)
    alerts = []

    def alert(dialog):
        alerts.append(dialog.message)
        dialog.dismiss()

    admin.on("dialog", alert)

    for path in (
        "/boards/1",
        f"/tasks/{task_id}",
        "/settings",
        "/deliveries",
        "/endpoints/evil%3Cscript%3E",
    ):
        admin.goto(run.url + path)
        admin.wait_for_load_state("networkidle")

    assert alerts == []
    admin.goto(f"{run.url}/tasks/{task_id}")
    assert admin.input_value("#title") == XSS
    run.manage("endpoint", "remove", "evil<script>")


@pytest.mark.parametrize(
    "path", ["/settings/token", "/settings/urls", "/boards/1", "/tasks/1", "/sign-out", "/password"]
)
def test_a_form_of_another_site_does_nothing(run, admin, path):
    cookies = {cookie["name"]: cookie["value"] for cookie in admin.context.cookies()}

    answer = requests.post(
        run.url + path, cookies=cookies, data={"do": "add", "title": "Forged"}, timeout=10
    )

    assert "not from this site" in answer.text
    assert answer.status_code == 403
