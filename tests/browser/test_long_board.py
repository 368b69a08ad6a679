"""A board of 1,000 tasks in a browser: all of it is there, and where one clicks."""

import pytest

from tests.browser.conftest import ONE_WORKER, api, signed_in
from tests.support.cloud import PASSWORD
from tests.support.local_run import LocalRun

pytestmark = ONE_WORKER

TASKS = 1_000


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """A run of its own, whose board holds the tasks in four columns."""
    presets = {"ADMIN_PASSWORD": PASSWORD}
    with LocalRun(tmp_path_factory.mktemp("long"), environ=presets) as started:
        for number in range(TASKS):
            title = f"Task {number} " + "with a title of two lines " * (number % 3)
            api(started, "createTask", project_id=1, column_id=number % 4 + 1, title=title)
        yield started


@pytest.fixture
def board(long, open_page):
    page = signed_in(open_page(viewport={"width": 1280, "height": 800}), long)
    page.goto(long.url + "/boards/1")
    return page


def test_all_tasks_of_a_long_board_are_there(board):
    assert board.locator("#board .tasks li").count() == TASKS


@pytest.mark.parametrize("task_id", [TASKS // 2, TASKS])
def test_a_click_at_once_after_a_scroll_opens_the_card_that_is_there(board, task_id):
    board.locator(f"#t{task_id}").click()
    board.wait_for_selector("#panel:not([hidden]) h1")

    assert board.url.endswith(f"/boards/1?panel=tasks/{task_id}")


def test_a_task_that_is_added_to_a_long_column_leaves_it_where_it_was_scrolled_to(board):
    column = board.locator("section[aria-labelledby=c1] .tasks")
    column.evaluate("one => one.scrollTo(0, 500)")

    board.click("section[aria-labelledby=c1] summary")
    board.fill("section[aria-labelledby=c1] input[name=title]", "The newest")
    board.keyboard.press("Enter")
    board.wait_for_selector("section[aria-labelledby=c1] >> text=Added #1001")

    assert board.input_value("section[aria-labelledby=c1] input[name=title]") == ""
    assert column.evaluate("one => one.scrollTop") == 500


def test_keys_walk_through_a_long_column(board):
    board.focus("#t1 a")

    for _ in range(30):
        board.keyboard.press("j")

    card = board.evaluate("document.activeElement.closest('li').id")
    assert card == f"t{1 + 4 * 30}"
    assert board.locator(f"#{card}").is_visible()


def test_a_task_that_another_one_makes_room_for_is_not_said_to_be_new(board, long):
    later = [
        api(long, "createTask", project_id=1, column_id=4, title=f"Later {n}") for n in range(3)
    ]
    board.reload()
    were_shown = [board.locator(f"#t{task_id}").count() for task_id in later]

    api(long, "closeTask", task_id=4)
    board.wait_for_selector(f"#t{later[0]}", state="attached")
    board.evaluate("new Promise(then => requestAnimationFrame(() => requestAnimationFrame(then)))")

    assert were_shown == [0, 0, 0]
    assert board.locator("[data-unseen], li.new").count() == 0


def test_the_note_of_a_new_task_covers_no_part_of_show_more(board, long):
    rest = [api(long, "createTask", project_id=1, column_id=2, title=f"Rest {n}") for n in (1, 2)]
    board.reload()
    column = board.locator("section[aria-labelledby=c2]")
    column.locator(".tasks").evaluate("one => one.scrollTo(0, one.scrollHeight)")

    at = {"task_id": rest[-1], "column_id": 2, "position": 1, "swimlane_id": 1}
    api(long, "moveTaskPosition", project_id=1, **at)
    note = column.get_by_text("1 new above").bounding_box()
    more = column.get_by_text("Show more").bounding_box()

    assert note["y"] + note["height"] <= more["y"]
