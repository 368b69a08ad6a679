"""Forms as people use them in a hurry: a double click, Enter twice, and the way back."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import requests

from tests.browser.conftest import ONE_WORKER, add

pytestmark = ONE_WORKER


def titles(page, run):
    """Return the titles of the open tasks of the board."""
    page.goto(run.url + "/boards/1")
    return page.locator(".tasks li a").all_text_contents()


def fill_title(page, run, title):
    page.goto(run.url + "/boards/1")
    page.click("section[aria-labelledby=c1] summary")
    page.fill("section[aria-labelledby=c1] input[name=title]", title)


def test_a_double_click_adds_one_task(run, admin):
    fill_title(admin, run, "Clicked twice")

    admin.dblclick("section[aria-labelledby=c1] button[value=add]")
    admin.wait_for_selector("text=Clicked twice")

    assert titles(admin, run).count("Clicked twice") == 1


def test_enter_twice_adds_one_task(run, admin):
    fill_title(admin, run, "Entered twice")

    for _ in range(2):
        admin.keyboard.press("Enter")
    admin.wait_for_selector("text=Entered twice")

    assert titles(admin, run).count("Entered twice") == 1


def test_a_double_click_adds_one_comment_without_javascript(run, open_page, admin):
    task_id = add(run, "To be commented")
    cookies = admin.context.cookies()
    page = open_page(java_script_enabled=False)
    page.context.add_cookies(cookies)
    page.goto(f"{run.url}/tasks/{task_id}")
    page.fill("[name=content]", "Said once")

    page.dblclick("button[value=comment]")
    page.wait_for_selector(".comment")
    page.goto(f"{run.url}/tasks/{task_id}")

    assert page.locator(".comment .text").all_text_contents() == ["Said once"]


def test_who_goes_back_adds_another_task_with_another_title(run, admin):
    fill_title(admin, run, "The first")
    admin.keyboard.press("Enter")
    admin.wait_for_selector("text=The first")

    admin.go_back()
    admin.wait_for_load_state()
    if not admin.is_visible("section[aria-labelledby=c1] input[name=title]"):
        admin.click("section[aria-labelledby=c1] summary")
    admin.fill("section[aria-labelledby=c1] input[name=title]", "The second")
    admin.keyboard.press("Enter")
    admin.wait_for_selector("text=The second")

    assert {"The first", "The second"} <= set(titles(admin, run))


def test_the_same_form_twice_at_the_same_moment_adds_one_project_and_leads_to_it_twice(run, admin):
    admin.goto(run.url + "/projects")
    token = admin.get_attribute(".tools [name=csrf_token]", "value")
    cookies = {cookie["name"]: cookie["value"] for cookie in admin.context.cookies()}
    together = Barrier(4)

    def send(_):
        together.wait()
        form = {"csrf_token": token, "name": "Made once"}
        return requests.post(run.url + "/projects", form, cookies=cookies, allow_redirects=False, timeout=30)

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(send, range(4)))

    led_to = {answer.headers["Location"] for answer in answers}
    assert ([answer.status_code for answer in answers], len(led_to)) == ([303] * 4, 1)
    admin.goto(run.url + "/projects")
    assert len(re.findall(">Made once<", admin.content())) == 1
