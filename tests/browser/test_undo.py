"""Undo in a real browser: a note for ten seconds, a key, and what two browsers do."""

from tests.browser.conftest import ONE_WORKER, add, signed_in

pytestmark = ONE_WORKER


def remove_in_panel(page, run, task_id):
    """Open a task's panel and remove the task there."""
    page.goto(f"{run.url}/boards/1?panel=tasks/{task_id}")
    page.click("#panel button.danger[value=remove]")
    page.wait_for_selector("#panel >> text=Right afterwards you can undo this.")
    page.click("#panel button.danger")
    page.wait_for_selector(".toast:not([hidden])")


def test_a_removed_task_comes_back_by_the_note_on_its_board(run, admin):
    task_id = add(run, "Gone and back")

    remove_in_panel(admin, run, task_id)
    told = admin.text_content(".toast span")
    admin.wait_for_selector(f"#t{task_id}", state="detached")
    admin.click(".toast >> text=Undo")

    admin.wait_for_selector(f"#t{task_id}")
    assert told == f"Removed #{task_id} Gone and back."
    assert admin.text_content(".toast span") == "Undone."
    assert not admin.is_visible(".toast button >> text=Undo")


def test_the_note_goes_after_ten_seconds_but_not_under_the_pointer(run, admin):
    task_id = add(run, "Look")
    admin.clock.install()
    remove_in_panel(admin, run, task_id)

    admin.hover(".toast")
    admin.clock.run_for(11_000)
    is_kept = admin.is_visible(".toast")
    admin.mouse.move(0, 0)
    admin.clock.run_for(11_000)

    assert is_kept
    assert not admin.is_visible(".toast")


def test_an_undo_of_what_another_browser_has_changed_is_refused_in_a_sentence(
    run, admin, open_page
):
    task_id = add(run, "Both")
    admin.goto(f"{run.url}/boards/1?q=id:{task_id}")
    admin.keyboard.press("j")
    admin.keyboard.press("m")
    admin.keyboard.type("done")
    admin.keyboard.press("Enter")
    admin.wait_for_selector(".toast >> text=1 moved to Done.")
    other = signed_in(open_page(), run)
    other.goto(f"{run.url}/tasks/{task_id}")
    other.click("button[value=close]")
    other.wait_for_selector("text=Closed.")

    admin.keyboard.press("z")

    admin.wait_for_selector(f".toast.bad >> text=Not undone: #{task_id}: admin has changed it")


def test_a_task_is_undone_without_javascript(run, open_page):
    task_id = add(run, "No script")
    page = signed_in(open_page(java_script_enabled=False), run)
    page.goto(f"{run.url}/tasks/{task_id}")

    page.click("button[value=close]")
    page.click(".undo button")

    page.wait_for_selector("text=Undone.")
    assert page.locator("button[value=close]").count() == 1


def test_a_dragged_card_goes_back_to_its_place_by_the_note(run, admin):
    first, second, third = (add(run, f"Dragged {number}", column_id=3) for number in range(3))
    admin.goto(f"{run.url}/boards/1?q=id:{first} id:{second} id:{third}")

    admin.focus(f"#t{second} a")
    admin.keyboard.press("Alt+ArrowRight")
    admin.wait_for_selector(".toast >> text=Moved to Done, position")
    admin.click(".toast >> text=Undo")
    admin.wait_for_selector(f"[id='3'] #t{second}")

    ids = admin.locator("[id='3'] > li").evaluate_all("cards => cards.map(card => card.id)")
    assert ids == [f"t{first}", f"t{second}", f"t{third}"]
