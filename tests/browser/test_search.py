"""Searching from any page, in a real browser."""

from tests.browser.conftest import ONE_WORKER, add

pytestmark = ONE_WORKER


def options(page, field):
    return page.eval_on_selector(field, "field => [...field.list.options].map(one => one.value)")


def test_a_search_from_the_head_of_a_page_finds_a_task_and_opens_it(run, admin):
    task_id = add(run, "Sought everywhere")
    admin.goto(run.url + "/settings")

    admin.fill(".find input", "sought")
    admin.keyboard.press("Enter")
    admin.wait_for_url("**/search?q=sought")
    admin.click("text=Sought everywhere")

    admin.wait_for_selector("#panel h1:has-text('Sought everywhere')")
    assert f"panel=tasks/{task_id}" in admin.url


def test_a_search_field_suggests_keys_and_then_their_values_for_the_last_word(run, admin):
    admin.goto(run.url + "/boards/1")
    field = ".find input"

    admin.focus(field)
    admin.wait_for_selector(f"{field}[list]")
    admin.keyboard.type("fix co")
    keys = options(admin, field)
    admin.keyboard.type('lumn:"Work')
    values = options(admin, field)
    admin.keyboard.type(' in progress" color:r')

    assert keys == ["fix color:", "fix completed:", "fix column:"]
    assert values == ['fix column:"Work in progress"']
    assert 'fix column:"Work in progress" color:red' in options(admin, field)


def test_the_search_page_suggests_words_without_a_script(run, open_page):
    page = open_page(java_script_enabled=False)
    page.goto(run.url + "/sign-in")
    page.fill("#username", "admin")
    page.fill("#password", "the-admin-password")
    page.click("main button")

    page.goto(run.url + "/search")

    assert page.get_attribute("main input[type=search]", "list") == "words"
    assert page.locator("#words option[value='assignee:me']").count() == 1


def test_what_is_found_is_gone_through_by_keys_and_opened_beside_the_list(run, admin):
    ids = [add(run, f"Gone through {number}") for number in range(2)]
    admin.goto(run.url + "/search?q=gone+through")

    admin.keyboard.press("j")
    admin.keyboard.press("j")
    admin.keyboard.press("Enter")

    admin.wait_for_selector("#panel h1:has-text('Gone through 0')")
    assert f"panel=tasks/{ids[0]}" in admin.url
