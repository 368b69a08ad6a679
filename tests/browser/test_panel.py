"""The panel at the side of a board: a card is one target, and what it opens has an address."""

import pytest

from tests.browser.conftest import ONE_WORKER, add, signed_in
from tests.browser.test_board_walks import wait_until_told

pytestmark = ONE_WORKER

PANEL = "#panel:not([hidden])"


def open_card(page, run, task_id):
    """Click on the lower right corner of a card, where it has no text; wait for its content."""
    page.goto(run.url + "/boards/1")
    card = page.locator(f"#t{task_id}")
    card.scroll_into_view_if_needed()
    box = card.bounding_box()
    card.click(position={"x": box["width"] - 6, "y": box["height"] - 6})
    page.wait_for_selector(f"{PANEL} h1")


def focused(page):
    """Return the card that has the focus, else the id of the element that has it."""
    return page.evaluate(
        "(document.activeElement.closest('.tasks li') ?? document.activeElement).id"
    )


def test_a_click_anywhere_on_a_card_opens_it_beside_a_board_that_stays_in_use(run, admin):
    task_id, other = add(run, "Open me", color_id="red"), add(run, "Beside it")

    open_card(admin, run, task_id)
    label, address = admin.get_attribute("#panel", "aria-label"), admin.url
    admin.click(f"#t{other}")
    admin.wait_for_selector(f"{PANEL}[aria-label='Beside it'] h1")
    admin.focus(f"#t{other} a")
    admin.keyboard.press("Alt+ArrowRight")
    wait_until_told(admin, "Moved to Ready")

    assert label == "Open me"
    assert address == f"{run.url}/boards/1?panel=tasks/{task_id}"
    assert admin.locator("[aria-current=true]").text_content() == "Beside it"


def test_escape_closes_the_panel_and_gives_the_focus_back_to_the_card(run, admin):
    task_id = add(run, "By keys alone")
    admin.goto(run.url + "/boards/1")

    admin.focus(f"#t{task_id} a")
    admin.keyboard.press("Enter")
    admin.wait_for_selector(f"{PANEL} h1")
    within = focused(admin)
    admin.keyboard.press("Escape")
    admin.wait_for_selector("#panel", state="hidden")

    assert within == "panel"
    assert focused(admin) == f"t{task_id}"
    assert admin.url == run.url + "/boards/1"


def test_reload_back_and_a_shared_link_show_the_panel_as_it_was(run, admin):
    task_id = add(run, "Shared")
    open_card(admin, run, task_id)
    address = admin.url

    admin.reload()
    admin.wait_for_selector(f"{PANEL} h1:has-text('Shared')")
    admin.go_back()
    admin.wait_for_selector("#panel", state="hidden")
    admin.go_forward()
    admin.wait_for_selector(f"{PANEL} h1:has-text('Shared')")
    other = admin.context.new_page()
    other.goto(address)

    other.wait_for_selector(f"{PANEL} h1:has-text('Shared')")
    assert other.locator(f"#t{task_id}").is_visible()


@pytest.mark.parametrize("how", [{"button": "middle"}, {"modifiers": ["Control"]}])
def test_the_middle_button_and_ctrl_open_the_page_of_the_task_apart(run, admin, how):
    task_id = add(run, "Apart")
    admin.goto(run.url + "/boards/1")

    with admin.context.expect_page() as opened:
        admin.click(f"#t{task_id}", **how)
    opened.value.wait_for_url(f"{run.url}/tasks/{task_id}", wait_until="commit")

    assert admin.url == run.url + "/boards/1"
    assert not admin.is_visible("#panel")


def test_a_form_in_the_panel_changes_the_card_behind_and_leaves_the_board_where_it_is(run, admin):
    task_id = add(run, "Before")
    open_card(admin, run, task_id)
    admin.evaluate("window.isSamePage = true")

    admin.click("#panel summary")
    admin.fill("#panel #title", "After")
    admin.click("#panel button[value=save]")
    admin.wait_for_selector(f"#t{task_id}:has-text('After')")
    said = admin.text_content("#panel [role=status]")
    admin.fill("#panel [name=content]", "Said in the panel")
    admin.click("#panel button[value=comment]")
    admin.wait_for_selector("#panel .comment:has-text('Said in the panel')")
    admin.wait_for_selector(f"#t{task_id} [title='1 comment']")
    admin.select_option("#panel #column_id", "3")
    admin.click("#panel section[aria-labelledby=place] button[value=move] >> nth=0")
    admin.wait_for_selector(f"[id='3'] #t{task_id}")
    admin.click("#panel button[value=close]")
    admin.wait_for_selector(f"#t{task_id}", state="detached")

    assert said == "Saved."
    assert admin.evaluate("window.isSamePage")
    assert admin.is_visible("#panel button[value=open]")


def test_a_refused_field_says_why_in_the_panel_and_nothing_that_was_typed_is_lost(run, admin):
    task_id = add(run, "Refuse me")
    open_card(admin, run, task_id)

    admin.fill("#panel [name=content]", "Half a comment")
    admin.click("#panel summary")
    admin.fill("#panel #priority", "high")
    admin.click("#panel button[value=save]")
    reason = admin.text_content("#panel #error-priority")

    assert "whole number" in reason
    assert focused(admin) == "priority"
    assert admin.input_value("#panel #priority") == "high"
    assert admin.input_value("#panel [name=content]") == "Half a comment"


def test_escape_asks_before_it_discards_what_was_typed(run, admin):
    task_id = add(run, "Typed")
    open_card(admin, run, task_id)
    asked = []

    def refuse(dialog):
        asked.append(dialog.message)
        dialog.dismiss()

    admin.on("dialog", refuse)
    admin.fill("#panel [name=content]", "Not yet sent")
    admin.keyboard.press("Escape")

    assert asked == ["Discard what you have typed?"]
    assert admin.input_value("#panel [name=content]") == "Not yet sent"


def test_a_removed_task_asks_in_the_panel_and_closes_it(run, admin):
    task_id = add(run, "Remove me")
    open_card(admin, run, task_id)

    admin.click("#panel button[value=remove]")
    admin.wait_for_selector("#panel h1:has-text('Remove #')")
    admin.click("#panel a:has-text('Cancel')")
    admin.wait_for_selector("#panel h1:has-text('Remove me')")
    admin.click("#panel button[value=remove]")
    admin.click("#panel button.danger:has-text('Remove'):not([value])")
    admin.wait_for_selector("#panel", state="hidden")

    admin.wait_for_selector(f"#t{task_id}", state="detached")
    assert admin.url == run.url + "/boards/1"
    admin.click("button:has-text('Undo')")
    admin.wait_for_selector(f"#t{task_id}")


def test_the_panel_covers_a_narrow_page_and_holds_the_focus(run, open_page):
    task_id = add(run, "Narrow", column_id=1)
    page = signed_in(open_page(viewport={"width": 390, "height": 800}), run)

    open_card(page, run, task_id)
    box = page.locator("#panel").bounding_box()
    inside = []
    for _ in range(40):
        page.keyboard.press("Tab")
        inside.append(
            page.evaluate(
                "document.activeElement === document.body || !!document.activeElement"
                ".closest('#panel')"
            )
        )
    page.click("#panel [aria-label='Close the panel']")

    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 800)
    assert set(inside) == {True}
    assert focused(page) == f"t{task_id}"


@pytest.mark.parametrize("width", [901, 1024, 1280])
def test_a_page_beside_a_panel_is_no_wider_than_the_room_it_has(run, open_page, width):
    task_id = add(run, "Beside")
    page = signed_in(open_page(viewport={"width": width, "height": 800}), run)

    open_card(page, run, task_id)

    bar, panel = page.locator("header.bar").bounding_box(), page.locator("#panel").bounding_box()
    last = page.locator("header.bar .who").bounding_box()
    assert bar["x"] + bar["width"] <= panel["x"]
    assert last["x"] + last["width"] <= panel["x"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_panel_follows_what_others_change_but_not_under_somebody_who_types(
    run, admin, open_page
):
    task_id = add(run, "Followed")
    open_card(admin, run, task_id)
    other = signed_in(open_page(), run)
    other.goto(f"{run.url}/tasks/{task_id}")

    other.fill("[name=content]", "From elsewhere")
    other.click("button[value=comment]")
    admin.wait_for_selector("#panel .comment:has-text('From elsewhere')")
    admin.fill("#panel [name=content]", "Half a sentence")
    other.fill("[name=content]", "And again")
    other.click("button[value=comment]")
    admin.wait_for_selector(f"#t{task_id} [title='2 comments']")

    assert admin.input_value("#panel [name=content]") == "Half a sentence"


def test_when_the_session_has_ended_the_panel_leads_to_sign_in_and_back(run, admin):
    task_id = add(run, "Whose?")
    admin.goto(run.url + "/boards/1")
    admin.context.clear_cookies()

    admin.click(f"#t{task_id}")

    admin.wait_for_url(f"**/sign-in?then=%2Fboards%2F1%3Fpanel%3Dtasks%252F{task_id}")


def test_a_panel_that_cannot_be_reached_says_so(run, admin):
    task_id = add(run, "Offline")
    admin.goto(run.url + "/boards/1")
    admin.context.set_offline(True)

    admin.click(f"#t{task_id}")

    admin.wait_for_selector("#panel >> text=The server cannot be reached. Try again.")
    admin.context.set_offline(False)


def test_without_javascript_a_click_anywhere_on_a_card_opens_its_page(run, open_page):
    task_id = add(run, "No script")
    page = signed_in(open_page(java_script_enabled=False), run)

    open_card_without_script(page, run, task_id)

    assert page.url == f"{run.url}/tasks/{task_id}"


def open_card_without_script(page, run, task_id):
    """Click on the lower right corner of a card."""
    page.goto(run.url + "/boards/1")
    box = page.locator(f"#t{task_id}").bounding_box()
    page.click(f"#t{task_id}", position={"x": box["width"] - 6, "y": box["height"] - 6})
    page.wait_for_url("**/tasks/*")


def test_without_javascript_a_shared_link_of_a_panel_leads_to_the_task(run, open_page):
    task_id = add(run, "Shared without script")
    page = signed_in(open_page(java_script_enabled=False), run)

    page.goto(f"{run.url}/boards/1?panel=tasks/{task_id}")
    page.click("noscript a")

    assert page.url == f"{run.url}/tasks/{task_id}"
