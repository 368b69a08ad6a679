"""The columns of a board: their heads stay in sight, and they are moved by pointer and keys."""

import pytest

from tests.browser.conftest import ONE_WORKER, add, api, signed_in
from tests.browser.test_board_walks import wait_until_told

pytestmark = ONE_WORKER


@pytest.fixture
def path(run):
    """The board of a new project, whose last column is longer than any window."""
    project_id = api(run, "createProject", name="Columns")
    columns = api(run, "getColumns", project_id=project_id)
    for number in range(30):
        add(run, f"Task {number}", project_id=project_id, column_id=columns[3]["id"])
    return f"{run.url}/boards/{project_id}"


def names(page):
    return page.locator(".column h2 span:first-child").all_text_contents()


def test_a_column_is_dragged_by_its_head_and_by_keys(path, admin):
    admin.goto(path)
    ready = admin.locator(".column:has(h2:has-text('Ready'))")
    done = admin.locator(".column:has(h2:has-text('Done'))").bounding_box()

    ready.locator("h2").hover()
    admin.mouse.down()
    admin.mouse.move(done["x"] + done["width"] - 60, done["y"] + 20)
    admin.mouse.move(done["x"] + done["width"] - 40, done["y"] + 20)
    admin.mouse.up()
    wait_until_told(admin, "Column Ready moved to position 4")
    dragged = names(admin)
    admin.focus("[aria-label='Move column Done']")
    admin.keyboard.press("Alt+ArrowLeft")
    wait_until_told(admin, "Column Done moved to position 2")
    focused = admin.evaluate("document.activeElement.ariaLabel")
    admin.reload()

    assert dragged == ["Backlog", "Work in progress", "Done", "Ready"]
    assert focused == "Move column Done"
    assert names(admin) == ["Backlog", "Done", "Work in progress", "Ready"]


def test_a_column_is_moved_by_a_finger(path, run, open_page):
    page = signed_in(
        open_page(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 800}), run
    )
    page.goto(path)

    page.tap("[aria-label='Move column Backlog']")
    page.tap("[aria-label=Right]")
    wait_until_told(page, "Column Backlog moved to position 2")

    assert names(page) == ["Ready", "Backlog", "Work in progress", "Done"]


def test_another_browser_sees_the_new_order_and_keeps_what_is_typed(path, run, admin, open_page):
    other = signed_in(open_page(), run)
    other.goto(path)
    admin.goto(path)
    other.locator("summary >> nth=0").click()
    other.wait_for_selector("[name=title]:focus")
    other.keyboard.type("Half a tit")

    admin.focus("[aria-label='Move column Backlog']")
    admin.keyboard.press("Alt+ArrowRight")
    wait_until_told(admin, "Column Backlog moved to position 2")
    other.wait_for_selector(".column:nth-child(2) h2:has-text('Backlog')")
    other.keyboard.type("le")

    assert other.locator(".column:nth-child(2) [name=title]").input_value() == "Half a title"


def test_who_may_not_manage_the_project_has_no_handles(path, run, open_page):
    project_id = int(path.rpartition("/")[2])
    user_id = api(run, "createUser", username="mel", password="mel's password")
    api(run, "addProjectUser", project_id=project_id, user_id=user_id)
    page = signed_in(open_page(), run, "mel", "mel's password")

    page.goto(path)

    assert page.locator(".column").count() == 4
    assert page.locator(".handle").count() == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_the_heads_stay_in_sight_while_a_column_scrolls(path, run, open_page, width):
    for number in range(8):
        api(run, "createProject", name=f"{number}unbroken" * 20)
    page = signed_in(open_page(viewport={"width": width, "height": 800}), run)
    page.goto(path)
    last = page.locator("li:has-text('Task 29')")

    last.scroll_into_view_if_needed()
    heads = [page.locator(selector) for selector in ("h1", "#new-task", "h2:has-text('Done')")]
    boxes = [head.bounding_box() for head in heads]

    assert [0 < box["y"] < 400 and 0 <= box["x"] < width for box in boxes] == [True] * 3
    assert 400 < last.bounding_box()["y"] < 800


def test_a_low_window_scrolls_as_a_whole(path, run, open_page):
    page = signed_in(open_page(viewport={"width": 640, "height": 320}), run)
    page.goto(path)

    page.locator("li:has-text('Task 29')").scroll_into_view_if_needed()

    assert page.locator("h1").bounding_box()["y"] < 0
