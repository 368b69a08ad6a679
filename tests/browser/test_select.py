"""Several cards at once, in a real browser: by keys, Shift, boxes and a finger."""

import os

import pytest

from tests.browser.conftest import ONE_WORKER, add, signed_in
from tests.browser.test_accessibility import AXE, _violations

pytestmark = ONE_WORKER

CROSS = ".selection [aria-label='Clear the selection']"


@pytest.fixture
def four(run):
    return [add(run, f"One of four, {number}") for number in range(4)]


def show(page, run, task_ids):
    found = " ".join(f"id:{task_id}" for task_id in task_ids)
    page.goto(f"{run.url}/boards/1?q={found}")
    page.wait_for_selector(f"#t{task_ids[0]}")


def chosen(page):
    return page.eval_on_selector_all(".chosen", "cards => cards.map(card => card.id)")


def test_shift_selects_from_the_last_card_to_this_one_and_all_move_by_one_request(run, admin, four):
    show(admin, run, four)
    posts = []
    admin.on("request", lambda request: posts.append(request) if request.method == "POST" else 0)

    admin.click(f"#t{four[0]} a", modifiers=["Shift"])
    admin.click(f"#t{four[2]} a", modifiers=["Shift"])
    selected = chosen(admin)
    admin.click(".selection >> text=Move")
    admin.keyboard.type("done")
    admin.keyboard.press("Enter")

    admin.wait_for_selector(".toast >> text=3 moved to Done.")
    for task_id in four[:3]:
        admin.wait_for_selector(f"[id='4'] #t{task_id}")
    assert selected == [f"t{task_id}" for task_id in four[:3]]
    assert len(posts) == 1
    assert not admin.is_visible(".selection")


def test_x_selects_and_escape_clears(run, admin, four):
    show(admin, run, four)

    for key in ("j", "x", "j", "j", "x"):
        admin.keyboard.press(key)
    selected, told = chosen(admin), admin.text_content(".selection [role=status]")
    admin.keyboard.press("Escape")

    assert selected == [f"t{four[0]}", f"t{four[2]}"]
    assert told == "2 selected"
    assert chosen(admin) == []
    assert admin.locator(".box").count() == 0


def test_tasks_are_assigned_tagged_and_closed_together_and_come_back(run, admin, four):
    show(admin, run, four)

    def select_two():
        admin.click("#select")
        for task_id in four[:2]:
            admin.check(f"#t{task_id} .box")

    for button, typed, told in (
        ("Assign", "admin", "2 assigned to admin."),
        ("Tag", "brand new", "2 tagged brand new."),
    ):
        select_two()
        admin.click(f".selection >> text={button}")
        admin.wait_for_selector("dialog.chooser")
        admin.keyboard.type(typed)
        admin.keyboard.press("Enter")
        admin.wait_for_selector(f".toast >> text={told}")
    admin.wait_for_selector(f"#t{four[1]} >> text=brand new")
    select_two()
    admin.click(".selection >> text=Close tasks")
    admin.wait_for_selector(f"#t{four[0]}", state="detached")
    admin.keyboard.press("z")

    admin.wait_for_selector(f"#t{four[0]}")
    admin.wait_for_selector(f"#t{four[1]}")


def test_what_another_browser_removed_meanwhile_is_told_beside_what_was_done(run, admin, four):
    show(admin, run, four)
    admin.keyboard.press("j")
    admin.click("#select")
    for task_id in four:
        admin.click(f"#t{task_id} a")
    version = admin.get_attribute("#board", "data-version")
    admin.route("**/version", lambda route: route.fulfill(json={"version": version}))
    run.client("dynamodb").delete_item(
        TableName="taskhook-dev-tasks", Key={"task_id": {"N": str(four[3])}}
    )

    admin.click(".selection >> text=Close tasks")

    admin.wait_for_selector(f".toast >> text=3 closed, 1 was removed meanwhile (#{four[3]}).")


def test_a_finger_selects_by_the_button_and_by_a_long_press(run, open_page, four):
    page = signed_in(
        open_page(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 800}), run
    )
    show(page, run, four)

    page.tap("#select")
    page.tap(f"#t{four[0]} a")
    by_button = chosen(page)
    bar, cross = (page.locator(part).bounding_box() for part in (".selection", CROSS))
    page.tap(CROSS)
    page.dispatch_event(f"#t{four[1]}", "contextmenu", {"pointerType": "touch"})

    assert by_button == [f"t{four[0]}"]
    assert cross["x"] + cross["width"] <= bar["x"] + bar["width"]
    assert page.url.endswith(f"?q=id:{four[0]}%20id:{four[1]}%20id:{four[2]}%20id:{four[3]}")


def test_several_tasks_are_moved_without_javascript(run, open_page, four):
    page = signed_in(open_page(java_script_enabled=False), run)
    page.goto(run.url + "/boards/1")

    page.click("#select")
    for task_id in four[:2]:
        page.check(f"[name=t{task_id}]")
    page.select_option("[name=column_id]", label="Ready")
    page.click("button[value=move]")

    page.wait_for_selector("text=2 moved to Ready.")
    for task_id in four[:2]:
        assert page.locator(f"[id='2'] #t{task_id}").count() == 1


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_no_state_of_the_keys_the_selection_and_the_note_violates_wcag(
    run, open_page, four, scheme, width
):
    if not AXE.exists() and os.environ.get("CI") != "true":
        pytest.skip("axe-core is not at hand: npm brings it")
    page = open_page(color_scheme=scheme, viewport={"width": width, "height": 800}, bypass_csp=True)
    signed_in(page, run)
    show(page, run, four)

    found = {}
    page.keyboard.press("?")
    found["keys"] = _violations(page)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("x")
    found["selection"] = _violations(page)
    page.keyboard.press("m")
    found["menu"] = _violations(page)
    page.keyboard.type("ready")
    page.keyboard.press("Enter")
    page.wait_for_selector(".toast >> text=1 moved to Ready.")
    found["note"] = _violations(page)
    page.goto(f"{run.url}/tasks/{four[3]}")
    page.click("button[value=close]")
    page.wait_for_selector(".undo")
    found["offer"] = _violations(page)

    assert {state: told for state, told in found.items() if told} == {}
    assert page.evaluate("document.documentElement.scrollWidth") <= width
