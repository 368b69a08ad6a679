"""Forms as people use them in a hurry: a double click, Enter twice, and the way back."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import requests

from tests.browser.conftest import ONE_WORKER, add, signed_in
from tests.support.cloud import TOKEN
from tests.support.stage_gateway import Gateway

pytestmark = ONE_WORKER


def titles_on_the_board(page, run):
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

    assert titles_on_the_board(admin, run).count("Clicked twice") == 1


def test_enter_twice_adds_one_task(run, admin):
    fill_title(admin, run, "Entered twice")

    for _ in range(2):
        admin.keyboard.press("Enter")
    admin.wait_for_selector("text=Entered twice")

    assert titles_on_the_board(admin, run).count("Entered twice") == 1


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

    assert page.locator(".comment .prose p").all_text_contents() == ["Said once"]


def test_who_goes_back_adds_another_task_with_another_title(run, open_page):
    page = signed_in(open_page(java_script_enabled=False), run)
    fill_title(page, run, "The first")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=The first")

    page.go_back()
    page.wait_for_load_state()
    if not page.is_visible("section[aria-labelledby=c1] input[name=title]"):
        page.click("section[aria-labelledby=c1] summary")
    page.fill("section[aria-labelledby=c1] input[name=title]", "The second")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=The second")

    assert {"The first", "The second"} <= set(titles_on_the_board(page, run))


def test_the_same_form_twice_at_the_same_moment_adds_one_project_and_leads_to_it_twice(run, admin):
    admin.goto(run.url + "/projects")
    token = admin.get_attribute(".tools [name=csrf_token]", "value")
    cookies = {cookie["name"]: cookie["value"] for cookie in admin.context.cookies()}
    together = Barrier(4)

    def send(_):
        together.wait()
        form = {"csrf_token": token, "name": "Made once"}
        return requests.post(
            run.url + "/projects", form, cookies=cookies, allow_redirects=False, timeout=30
        )

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(send, range(4)))

    led_to = {answer.headers["Location"] for answer in answers}
    assert ([answer.status_code for answer in answers], len(led_to)) == ([303] * 4, 1)
    admin.goto(run.url + "/projects")
    assert len(re.findall(">Made once<", admin.content())) == 1


SMILE = "\N{GRINNING FACE}"


def paste(page, field, text):
    """Put a text into a field as people do, by way of the clipboard."""
    page.fill("#description", text)
    page.press("#description", "Control+a")
    page.press("#description", "Control+c")
    page.press(field, "Control+v")


def test_a_title_takes_200_characters_whatever_utf_16_makes_of_them(run, admin):
    task_id = add(run, "Short")
    admin.goto(f"{run.url}/tasks/{task_id}")
    admin.click("summary:has-text('Edit')")

    admin.fill("#title", "")
    paste(admin, "#title", SMILE * 200)
    is_cut = admin.is_visible(".cut")
    admin.fill("#description", "")
    admin.click("button[value=save]")
    admin.wait_for_selector("text=Saved.")

    assert (is_cut, admin.input_value("#title")) == (False, SMILE * 200)


def test_a_paste_that_is_cut_says_so_and_leaves_what_stood_behind_it(run, admin):
    task_id = add(run, "Short")
    admin.goto(f"{run.url}/tasks/{task_id}")
    admin.click("summary:has-text('Edit')")

    admin.fill("#title", "an end")
    admin.evaluate("document.getElementById('title').setSelectionRange(0, 0)")
    paste(admin, "#title", SMILE * 250)
    told = admin.wait_for_selector(".cut:has-text('left out')")
    live, text = told.get_attribute("aria-live"), told.text_content()
    title = admin.input_value("#title")
    admin.press("#title", "Backspace")

    assert (live, text) == ("polite", "Only 200 characters fit: 56 left out.")
    assert title == SMILE * 194 + "an end"
    assert (admin.input_value("#title"), admin.is_visible(".cut")) == (
        SMILE * 193 + "an end",
        False,
    )


def test_a_title_that_is_too_long_is_kept_where_there_is_no_javascript(run, open_page, admin):
    page = open_page(java_script_enabled=False)
    page.context.add_cookies(admin.context.cookies())
    fill_title(page, run, "x" * 201)

    page.click("section[aria-labelledby=c1] button[value=add]")

    assert page.text_content(".say.bad") == "title: takes at most 200 characters, not 201"
    assert page.input_value("section[aria-labelledby=c1] input[name=title]") == "x" * 201


@pytest.fixture
def plain(cloud):  # noqa: ARG001 -- the stores behind it
    """Pages over plain http from another machine, where browsers have no `navigator.clipboard`."""
    with Gateway() as listening:
        listening.url = listening.url.replace("127.0.0.1", "taskhook.test")
        yield listening


def test_copy_works_on_plain_http(plain, open_page):
    page = signed_in(open_page(), plain)
    page.goto(plain.url + "/settings?show=webhook_token")

    page.click("[data-copy=curl]")
    page.wait_for_selector("[data-copy=curl]:has-text('Copied')")
    page.fill("#created", "")
    page.press("#created", "Control+v")

    assert page.evaluate("navigator.clipboard") is None
    assert page.input_value("#created") == page.text_content("#curl")


def test_copy_says_that_it_cannot_and_selects_the_text_instead(plain, open_page):
    page = signed_in(open_page(), plain)
    page.goto(plain.url + "/settings?show=webhook_token")
    page.evaluate("document.execCommand = () => false")

    page.click("[data-copy=webhook_token]")
    page.wait_for_selector("[data-copy=webhook_token]:has-text('Selected: press Ctrl+C')")

    assert page.evaluate("String(getSelection())") == TOKEN
