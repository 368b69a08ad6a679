"""Moving tasks on a board: by mouse, keys and finger, while another browser looks on."""

import json

from playwright.sync_api import expect

from tests.browser.conftest import ONE_WORKER, add, signed_in

pytestmark = ONE_WORKER


def wait_until_told(page, text):
    page.wait_for_selector(f"#told:has-text('{text}')", state="attached")


def drag_across(page, task_id, column_id):
    """Drag a task sideways into a column, whose end may be out of sight."""
    task = page.locator(f"#t{task_id}")
    task.hover()
    height = task.bounding_box()["y"] + 5
    column = page.locator(f"section[aria-labelledby=c{column_id}]").bounding_box()
    page.mouse.down()
    page.mouse.move(column["x"] + 60, height)
    page.mouse.move(column["x"] + column["width"] / 2, height)
    page.mouse.up()


def test_a_dragged_task_moves_and_the_endpoint_hears_of_it(run, admin, inbox):
    task_id = add(run, "Drag me")
    run.manage("endpoint", "add", inbox.url, "--id", "moves", "--event", "task.modified")
    admin.goto(run.url + "/boards/1")

    drag_across(admin, task_id, 3)

    changes = json.loads(inbox.wait_for(1)[0].body)["changes"]
    assert changes["column_id"] == [1, 3]
    admin.wait_for_selector(f"[id='3'] #t{task_id}")
    run.manage("endpoint", "remove", "moves")


def test_a_task_dragged_on_a_filtered_board_goes_where_it_was_dropped_among_all(run, admin):
    first, hidden, second, third = (
        add(run, title, column_id=2) for title in ("Odd 1", "Even", "Odd 2", "Odd 3")
    )
    admin.goto(run.url + "/boards/1?q=odd")

    admin.drag_and_drop(f"#t{third}", f"#t{second}", target_position={"x": 40, "y": 4})
    wait_until_told(admin, "Moved to Ready, position 2")
    admin.drag_and_drop(f"#t{first}", "[id='2']", target_position={"x": 40, "y": 200})
    wait_until_told(admin, "Moved to Ready, position 3")

    admin.goto(run.url + "/boards/1")
    ids = admin.evaluate(
        "[...document.querySelectorAll(\"[id='2'] li\")].map(task => Number(task.id.slice(1)))"
    )
    assert [task_id for task_id in ids if task_id in {first, hidden, second, third}] == [
        hidden,
        third,
        second,
        first,
    ]


def test_a_task_is_dropped_in_a_short_column_beside_the_end_of_a_long_one(run, admin):
    for number in range(20):
        add(run, f"Long neighbour {number}", column_id=1)
    task_id = add(run, "Over there", column_id=1)
    admin.goto(run.url + "/boards/1")

    drag_across(admin, task_id, 3)

    wait_until_told(admin, "Moved to Work in progress")
    admin.wait_for_selector(f"[id='3'] #t{task_id}")


def test_a_task_moves_by_the_keyboard_alone_and_is_told_of(run, admin):
    task_id = add(run, "By keys")
    admin.goto(run.url + "/boards/1")

    admin.focus(f"#t{task_id} a")
    admin.keyboard.press("Alt+ArrowRight")
    admin.wait_for_selector(f"[id='2'] #t{task_id}")

    wait_until_told(admin, "Moved to Ready, position")
    assert admin.evaluate("document.activeElement.closest('li').id") == f"t{task_id}"


def test_a_task_moves_by_a_finger(run, open_page):
    upper, lower = add(run, "Upper", column_id=4), add(run, "Lower", column_id=4)
    page = signed_in(
        open_page(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 800}), run
    )
    page.goto(run.url + "/boards/1")

    page.tap(f"#t{lower} >> text=Move")
    page.tap(f"#t{lower} [aria-label=Up]")
    wait_until_told(page, "Moved to Done, position")
    page.tap(f"#t{lower} [aria-label=Left]")
    wait_until_told(page, "Moved to Work in progress")
    page.tap(f"#t{lower} [aria-label=Right]")
    wait_until_told(page, "Moved to Done")

    ids = page.locator("[id='4'] li").evaluate_all("tasks => tasks.map(task => task.id)")
    assert ids.index(f"t{lower}") < ids.index(f"t{upper}")
    assert page.locator(".steps").count() == 1


def test_a_task_that_cannot_be_moved_goes_back_and_the_page_says_why(run, admin):
    task_id = add(run, "Stay")
    admin.goto(run.url + "/boards/1")

    admin.context.set_offline(True)
    drag_across(admin, task_id, 3)
    admin.wait_for_selector(
        "#failed:has-text('It could not be moved: the server cannot be reached')"
    )
    is_back = admin.locator(f"[id='1'] #t{task_id}").is_visible()
    admin.context.set_offline(False)
    drag_across(admin, task_id, 3)
    admin.wait_for_selector("#failed", state="hidden")

    assert is_back
    admin.wait_for_selector(f"[id='3'] #t{task_id}")


def test_a_task_that_the_server_does_not_move_goes_back_and_the_page_says_why(run, admin):
    task_id = add(run, "Stay")
    admin.goto(run.url + "/boards/1")
    admin.evaluate("board.dataset.token = 'of another session'")

    drag_across(admin, task_id, 3)

    admin.wait_for_selector(
        "#failed:has-text('It could not be moved: The form has expired or is not from this site.')"
    )
    assert admin.locator(f"[id='1'] #t{task_id}").is_visible()


def test_who_moves_a_task_after_the_session_has_ended_is_led_to_the_page_for_signing_in(run, admin):
    task_id = add(run, "Whose?")
    admin.goto(run.url + "/boards/1")
    admin.context.clear_cookies()

    drag_across(admin, task_id, 3)

    admin.wait_for_url("**/sign-in?then=%2Fboards%2F1")


def test_another_browser_sees_it_without_being_told(run, open_page):
    other = signed_in(open_page(), run)
    other.goto(run.url + "/boards/1")

    task_id = add(run, "Seen by all")

    other.wait_for_selector(f"#t{task_id}")


def test_tasks_are_typed_one_after_the_other_into_the_same_column(run, admin):
    admin.goto(run.url + "/boards/1")
    admin.locator("section[aria-labelledby=c3] summary").click()

    for title in ("Typed first", "Typed second"):
        expect(admin.locator("#new-3:focus")).to_have_value("")
        admin.keyboard.type(title)
        admin.keyboard.press("Enter")
        admin.wait_for_selector(f"[id='3'] li:has-text('{title}')")

    admin.wait_for_selector("#new-3:focus")
