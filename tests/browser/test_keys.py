"""Keys of one letter: they go, open, move and search, and leave whoever types alone."""

import pytest
import requests

from tests.browser.conftest import ONE_WORKER, add, signed_in

pytestmark = ONE_WORKER


def focused(page):
    return page.evaluate("document.activeElement.closest('li')?.id ?? document.activeElement.name")


def ask(run, method, **params):
    """Call a procedure of the API."""
    said = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    credentials = ("jsonrpc", run.ready["api_token"])
    answer = requests.post(run.url + "/jsonrpc", json=said, auth=credentials, timeout=10)
    return answer.json()["result"]


@pytest.fixture
def board(run, admin):
    """The administrator before a filtered board of four tasks, two in each of two columns."""
    ids = [add(run, f"Keyed in {place}", column_id=place) for place in (1, 1, 2, 2)]
    found = " ".join(f"id:{task_id}" for task_id in ids)
    admin.goto(f"{run.url}/boards/1?q={found}")
    admin.wait_for_selector(f"#t{ids[0]}")
    return admin, [f"t{task_id}" for task_id in ids]


def test_letters_and_arrows_go_from_card_to_card_and_enter_opens_one(board):
    page, ids = board

    seen = []
    for key in ("j", "j", "j", "l", "k", "h", "ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
        seen.append(focused(page))
    page.keyboard.press("Enter")

    first, second, third, fourth = ids
    assert seen == [first, second, second, fourth, third, first, second, fourth, third, first]
    page.wait_for_selector("#panel:not([hidden]) h1")
    assert f"panel=tasks/{first[1:]}" in page.url


def test_a_slash_searches_from_every_page_and_types_nothing(run, admin):
    for path in ("/boards/1", "/help", "/search?q=x"):
        admin.goto(run.url + path)
        admin.keyboard.press("/")

        assert admin.evaluate("document.activeElement.type") == "search"
        assert "/" not in admin.evaluate("document.activeElement.value")


def test_e_edits_the_card_in_its_panel(board):
    page, ids = board

    page.keyboard.press("j")
    page.keyboard.press("e")

    page.wait_for_selector("#panel [name=title]:focus")
    assert f"panel=tasks/{ids[0][1:]}" in page.url


def test_m_moves_the_card_to_the_column_that_is_typed_or_pointed_at(board):
    page, ids = board

    page.keyboard.press("j")
    page.keyboard.press("m")
    page.keyboard.type("wor")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"[id='3'] #{ids[0]}")
    next_one = focused(page)
    page.keyboard.press("m")
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)

    page.wait_for_selector(f"[id='4'] #{ids[1]}")
    assert next_one == ids[1]


def test_a_menu_is_left_by_escape_and_the_focus_is_where_it_was(board):
    page, ids = board

    page.keyboard.press("j")
    page.keyboard.press("m")
    page.keyboard.press("Escape")

    assert page.locator("dialog[open]").count() == 0
    assert focused(page) == ids[0]


def test_whoever_types_or_presses_control_is_left_alone(board):
    page, ids = board
    page.keyboard.press("j")

    page.keyboard.press("Control+x")
    page.focus("[name=q] >> nth=0")
    page.keyboard.type("jkm?/xc")
    typed = page.input_value("[name=q] >> nth=0")

    assert typed.endswith("jkm?/xc")
    assert page.locator("dialog[open], .chosen").count() == 0
    assert page.locator(f"#{ids[0]}").is_visible()


def test_a_question_mark_shows_all_keys_which_may_be_turned_off_for_good(board):
    page, _ = board

    page.keyboard.press("?")
    shown = page.text_content("dialog.keys")
    page.click("dialog.keys label")
    page.keyboard.press("Escape")
    page.reload()
    page.wait_for_selector("#board li")
    page.keyboard.press("j")
    after = focused(page)
    page.click(".all-keys")
    page.click("dialog.keys label")
    page.click("dialog.keys button")
    page.keyboard.press("j")

    for text in ("Search all projects", "Move the card", "Select the card", "Undo"):
        assert text in shown
    assert not after
    assert focused(page).startswith("t")


def test_a_viewer_of_a_board_has_no_keys_that_change_it(run, open_page):
    user_id = ask(run, "createUser", username="viewer", password="viewer's password")
    ask(run, "addProjectUser", project_id=1, user_id=user_id, role="project-viewer")
    add(run, "Only seen")
    page = signed_in(open_page(), run, "viewer", "viewer's password")
    page.goto(run.url + "/boards/1")

    page.keyboard.press("j")
    page.keyboard.press("m")
    page.keyboard.press("x")
    page.keyboard.press("?")

    assert "Move the card" not in page.text_content("dialog.keys")
    assert page.locator("#select, .chosen").count() == 0
