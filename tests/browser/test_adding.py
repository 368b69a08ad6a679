"""Adding tasks on a board: at the top of a column, in the dialog, and by others."""

import pytest

from tests.browser.conftest import (
    ONE_WORKER,
    add,
    api,
    fail_while_leaving,
    hold,
    signed_in,
)

pytestmark = ONE_WORKER


@pytest.fixture
def long_board(run):
    """A board whose second column has 78 tasks; its path and the ids of its columns."""
    project_id = api(run, "createProject", name="Long")
    columns = [int(column["id"]) for column in api(run, "getColumns", project_id=project_id)]
    for number in range(78):
        add(run, f"Long {number}", project_id=project_id, column_id=columns[1])
    return f"{run.url}/boards/{project_id}", columns


def open_form(page, column_id):
    page.click(f"section[aria-labelledby=c{column_id}] summary")
    page.wait_for_selector(f"#new-{column_id}:focus")


def is_in_sight(page, selector):
    """Tell whether an element is within the part of its column that is shown."""
    return page.eval_on_selector(
        selector,
        """card => {
          const [mine, list] = [card, card.closest("section")].map(e => e.getBoundingClientRect());
          return mine.top >= list.top && mine.bottom <= Math.min(list.bottom, innerHeight);
        }""",
    )


def test_tasks_follow_each_other_at_the_top_of_a_long_column_which_keeps_its_scroll(
    long_board, admin
):
    path, (_, column_id, *_) = long_board
    admin.goto(path)
    open_form(admin, column_id)
    box = admin.locator(f"#new-{column_id}").bounding_box()
    admin.eval_on_selector(f"[id='{column_id}']", "list => { list.scrollTop = 400; }")

    for title in ("Typed first", "Typed second"):
        admin.keyboard.type(title)
        admin.keyboard.press("Enter")
        admin.wait_for_selector(f"[id='{column_id}'] li:has-text('{title}')", state="attached")
        admin.wait_for_selector(f"#new-{column_id}:focus")
    admin.wait_for_selector("text=2 new below")
    scroll = admin.eval_on_selector(f"[id='{column_id}']", "list => list.scrollTop")
    admin.click("text=2 new below")
    admin.wait_for_selector("li.new:has-text('Typed first')")

    assert box["y"] < 400
    assert scroll == 400
    assert admin.input_value(f"#new-{column_id}") == ""
    assert is_in_sight(admin, "li:has-text('Typed first')")
    admin.wait_for_selector("li.new", state="detached")


def test_a_task_that_arrives_from_outside_is_marked_or_counted_where_it_is_out_of_sight(
    long_board, run, open_page
):
    path, columns = long_board
    project_id = int(path.rpartition("/")[2])
    page = signed_in(open_page(), run)
    page.goto(path)

    add(run, "Seen at once", project_id=project_id, column_id=columns[0])
    page.wait_for_selector("li.new:has-text('Seen at once')")
    below = [add(run, f"Below {n}", project_id=project_id, column_id=columns[1]) for n in (1, 2)]
    page.wait_for_selector("text=2 new below")
    page.click("text=2 new below")
    page.wait_for_selector(f"#t{below[0]}.new")

    assert is_in_sight(page, f"#t{below[0]}")


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_a_task_that_arrives_in_a_column_out_of_sight_is_named_beside_the_board(
    run, open_page, motion
):
    page = signed_in(open_page(viewport={"width": 390, "height": 800}, reduced_motion=motion), run)
    project_id = api(run, "createProject", name="Wide")
    columns = [int(column["id"]) for column in api(run, "getColumns", project_id=project_id)]
    page.goto(f"{run.url}/boards/{project_id}")

    next_id = add(run, "Next", project_id=project_id, column_id=columns[1])
    page.wait_for_selector("text=New in Ready")
    last_id = add(run, "Last", project_id=project_id, column_id=columns[3])
    page.wait_for_selector(f"#t{last_id}", state="attached")
    page.focus("text=New in Ready")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#t{next_id}.new")
    focused = page.evaluate("document.activeElement.closest('li').id")
    page.click("text=New in Done")
    page.wait_for_selector(f"#t{last_id}.new")

    assert focused == f"t{next_id}"
    page.wait_for_selector("[data-unseen]", state="detached")
    first_id = add(run, "First", project_id=project_id, column_id=columns[0])
    page.click(".beside.left >> text=New in Backlog")
    page.wait_for_selector(f"#t{first_id}.new")


def test_a_task_out_of_sight_that_others_change_move_or_close_is_named_where_it_is(run, open_page):
    page = signed_in(open_page(viewport={"width": 390, "height": 800}), run)
    project_id = api(run, "createProject", name="Wide and busy")
    columns = [int(column["id"]) for column in api(run, "getColumns", project_id=project_id)]
    page.goto(f"{run.url}/boards/{project_id}")
    task_id = add(run, "New", project_id=project_id, column_id=columns[3])
    page.wait_for_selector("text=New in Done")

    api(run, "updateTask", id=task_id, title="Newer")
    page.wait_for_selector(f"#t{task_id}:has-text('Newer')", state="attached")
    page.wait_for_selector("text=New in Done")
    at = {"task_id": task_id, "column_id": columns[2], "position": 1, "swimlane_id": 1}
    api(run, "moveTaskPosition", project_id=project_id, **at)
    page.wait_for_selector("text=New in Work in progress")
    api(run, "closeTask", task_id=task_id)
    page.wait_for_selector(f"#t{task_id}", state="detached")

    page.wait_for_selector("[data-unseen]", state="detached")


def test_a_new_task_out_of_sight_is_announced_once_until_somebody_has_seen_it(run, open_page):
    page = signed_in(open_page(viewport={"width": 390, "height": 800}), run)
    project_id = api(run, "createProject", name="Wide and announced")
    columns = [int(column["id"]) for column in api(run, "getColumns", project_id=project_id)]
    page.goto(f"{run.url}/boards/{project_id}")
    page.evaluate(
        """window.announced = [];
        new MutationObserver(() => announced.push(told.textContent))
            .observe(told, { childList: true, characterData: true, subtree: true });"""
    )

    first_id = add(run, "First", project_id=project_id, column_id=columns[3])
    page.wait_for_selector("text=New in Done")
    api(run, "updateTask", id=first_id, title="Newer")
    page.wait_for_selector(f"#t{first_id}:has-text('Newer')", state="attached")
    second_id = add(run, "Second", project_id=project_id, column_id=columns[3])
    page.wait_for_selector(f"#t{second_id}", state="attached")
    add(run, "Third", project_id=project_id, column_id=columns[2])
    page.wait_for_selector("text=New in Work in progress")
    while_unseen = page.evaluate("announced")
    for _ in columns[2:]:
        page.click("text=New in")
        page.wait_for_selector("li.new")
    page.wait_for_selector("[data-unseen]", state="detached")
    page.evaluate("board.firstElementChild.scrollTo(0, 0)")
    add(run, "Fourth", project_id=project_id, column_id=columns[3])
    page.wait_for_selector("text=New in Done")

    assert while_unseen == ["New in Done", "New in Work in progress"]
    assert page.evaluate("announced") == [*while_unseen, "New in Done"]


def test_the_form_with_all_fields_opens_over_the_board_and_stays_for_another_task(run, admin):
    admin.goto(run.url + "/boards/1")

    admin.click("#new-task")
    admin.fill("dialog [name=title]", "With all fields")
    admin.select_option("dialog [name=column_id]", "3")
    admin.fill("dialog [name=priority]", "2")
    admin.fill("dialog [name=tags]", "urgent")
    admin.check("dialog [name=again]")
    admin.click("dialog button.primary")
    admin.wait_for_selector("dialog .added:has-text('Added #')")
    emptied = admin.input_value("dialog [name=title]")
    admin.uncheck("dialog [name=again]")
    admin.keyboard.press("Escape")
    focused = admin.evaluate("document.activeElement.id")
    card = admin.wait_for_selector("[id='3'] li:has-text('With all fields')").inner_text()

    assert emptied == ""
    assert focused == "new-task"
    assert [word in card for word in ("P2", "urgent")] == [True, True]


def test_a_form_that_is_refused_keeps_what_was_typed_and_what_was_not_sent_waits(run, admin):
    admin.goto(run.url + "/boards/1")

    admin.click("#new-task")
    admin.fill("dialog [name=title]", "Too soon")
    admin.fill("dialog [name=tags]", "x" * 201)
    admin.keyboard.press("Enter")
    admin.wait_for_selector("dialog .error, dialog .say")
    reason = admin.text_content("dialog")
    admin.keyboard.press("Escape")
    admin.click("#new-task")

    assert "takes 1 to 200 characters" in reason
    assert admin.input_value("dialog [name=title]") == "Too soon"


def test_a_task_that_cannot_be_added_stays_in_its_form_and_the_form_says_why(run, admin):
    admin.goto(run.url + "/boards/1")
    open_form(admin, 2)
    admin.keyboard.type("Offline")

    admin.context.set_offline(True)
    admin.keyboard.press("Enter")
    admin.wait_for_selector(".added:has-text('the server cannot be reached')")
    admin.context.set_offline(False)
    kept = admin.input_value("#new-2")
    admin.keyboard.press("Enter")
    admin.wait_for_selector("[id='2'] li:has-text('Offline')", state="attached")

    assert kept == "Offline"


def test_a_task_that_the_filter_hides_is_named_below_its_form(run, admin):
    admin.goto(run.url + "/boards/1?q=nothing-is-like-that")
    open_form(admin, 2)

    admin.keyboard.type("Hidden")
    admin.keyboard.press("Enter")
    admin.click(".added a")

    admin.wait_for_selector("#panel h1:has-text('Hidden')")


def test_a_task_is_added_without_javascript_and_its_card_is_in_sight(long_board, run, open_page):
    path, (_, column_id, *_) = long_board
    page = signed_in(open_page(java_script_enabled=False), run)
    page.goto(path)

    page.click(f"section[aria-labelledby=c{column_id}] summary")
    page.fill(f"#new-{column_id}", "Short")
    page.keyboard.press("Enter")
    page.wait_for_url("**#t*")
    card = page.locator("li:has-text('Short')").bounding_box()
    form = page.locator(f"#new-{column_id}").bounding_box()
    page.click("#new-task")
    page.fill("[name=title]", "Long")
    page.click("main button.primary")
    page.wait_for_url("**#t*")

    assert 0 < card["y"] < 720
    assert 0 < form["y"] < card["y"]
    assert page.locator("li a:text-is('Long')").count() == 1


def test_who_leaves_before_the_form_has_come_is_not_called_back(run, admin):
    admin.goto(run.url + "/boards/1")
    forms = hold(admin, "**/boards/1/new")

    admin.click("#new-task")
    fail_while_leaving(admin, forms)

    assert len(forms) == 1
