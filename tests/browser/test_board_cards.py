"""The cards of a board: one target each, whatever is on them."""

from tests.browser.conftest import ONE_WORKER, add, signed_in

pytestmark = ONE_WORKER


def test_a_click_anywhere_on_a_card_opens_its_task_without_javascript(run, open_page):
    task_id = add(run, "One target", owner_id=1, column_id=2)
    page = signed_in(open_page(java_script_enabled=False), run)

    opened = []
    for x, y in ((3, 3), (150, 0), (60, -8)):
        page.goto(run.url + "/boards/1")
        page.locator(f"#t{task_id}").scroll_into_view_if_needed()
        box = page.locator(f"#t{task_id}").bounding_box()
        page.mouse.click(box["x"] + x, box["y"] + y % box["height"])
        page.wait_for_url(f"**/tasks/{task_id}")
        opened.append(page.text_content("h1"))

    assert opened == ["One target"] * 3


def test_ctrl_and_the_middle_button_open_a_card_apart_wherever_they_click(run, admin):
    task_id = add(run, "Apart", owner_id=1, column_id=2)
    admin.goto(run.url + "/boards/1")
    name = admin.get_by_role("img", name="admin").and_(admin.locator(f"#t{task_id} i"))

    opened = []
    for target, how in (
        (admin.locator(f"#t{task_id}"), {"modifiers": ["Control"]}),
        (admin.locator(f"#t{task_id}"), {"button": "middle"}),
        (name, {"modifiers": ["Control"]}),
        (name, {"button": "middle"}),
    ):
        with admin.context.expect_page() as new:
            target.click(**how)
        new.value.wait_for_url(f"**/tasks/{task_id}", wait_until="commit")
        opened.append(new.value.text_content("h1"))
        new.value.close()

    assert opened == ["Apart"] * 4
    assert admin.url == run.url + "/boards/1"
