"""Every page under axe-core at WCAG 2.2 AA: light and dark, wide and narrow, no overflow."""

import os
from pathlib import Path

import pytest

from tests.browser.conftest import ONE_WORKER, api, signed_in

pytestmark = ONE_WORKER

AXE = Path(__file__).resolve().parents[2] / ".venv/axe/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PROSE = "# A title\n\n- [x] https://example.com/\n\n|a|b|\n|-|-:|\n|1|2|\n\n> `code`, #1"
PATHS = [
    "/sign-in",
    "/password",
    "/boards/1",
    "/boards/1?q=nothing-is-like-that",
    "/boards/1/new",
    "/boards/1/closed",
    "/boards/1/several",
    "/search",
    "/search?q=first+nokey:1",
    "/tasks/1",
    "/settings",
    "/settings?show=webhook_token",
    "/settings/endpoint",
    "/endpoints/seen",
    "/endpoints/suspended",
    "/endpoints/broken",
    "/deliveries",
    "/deliveries/replay",
    "/requests",
    "/requests?source=mapped",
    "/sources",
    "/sources/mapped",
    "/sources/mapped?show=secret",
    "/sources/gone",
    "/projects",
    "/projects/1",
    "/users",
    "/users/1",
    "/tokens",
    "/help",
    "/tasks/999",
]


@pytest.fixture(scope="module")
def seeded(run):
    """A board with tasks, and endpoints: one fails, one is suspended, one has a broken row."""
    run.manage("endpoint", "add", "http://127.0.0.1:1/", "--id", "seen")
    store = run.client("dynamodb")
    health = {"failing_since": {"N": "1000000000"}, "suspended_until": {"N": "2000000000"}}
    for row in (
        {"id": {"S": "broken"}, "url": {"S": "ftp://example.com/" + "long" * 40}},
        {
            "id": {"S": "suspended"},
            "url": {"S": "http://127.0.0.1:1/a/path/of/some/length"},
            **health,
        },
    ):
        store.put_item(TableName="taskhook-dev-endpoints", Item=row)
    secret = {"secret": {"S": "a-secret-of-a-source"}}
    for row in (
        {"id": {"S": "mapped"}, "preset": {"S": "grafana"}, **secret},
        {"id": {"S": "gone"}, "preset": {"S": "gopher"}, **secret},
        {"id": {"S": "form"}, "preset": {"S": "form"}, "name": {"S": "Contact"}, **secret},
    ):
        store.put_item(TableName="taskhook-dev-sources", Item=row)
    for payload in ('{"alerts": [{"labels": {"alertname": "Disk full"}}]}', '{"alerts": 1}'):
        run.request("POST", "/in/mapped?token=a-secret-of-a-source", payload)
    run.request("POST", "/in/mapped?token=wrong", "{}")
    run.request("GET", "/?controller=task&action=add&subject=" + "long" * 40)
    for title, color in (("First", "red"), ("Second", "yellow")):
        run.add(title=title, color_id=color, description=PROSE, date_due="2027-03-01")
    _show_all_tints(run)
    api(run, "createProject", name="unbroken" * 25)
    return run


def _show_all_tints(run):
    """Add a late task for a user of each colour of circles, to a column beyond its limit."""
    for number in range(20):
        name = {"username": f"user{number}", "password": "a password", "name": f"User {number}"}
        user_id = api(run, "createUser", **name)
        fields = {"owner_id": user_id, "priority": 2, "date_due": "2020-01-01", "column_id": 4}
        run.add(title=f"Of user {number}", **fields)
    api(run, "updateColumn", column_id=4, title="Done", task_limit=3)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_no_page_violates_wcag(seeded, open_page, scheme, width):
    if not AXE.exists() and os.environ.get("CI") != "true":
        pytest.skip("axe-core is not at hand: npm brings it")
    page = open_page(color_scheme=scheme, viewport={"width": width, "height": 800}, bypass_csp=True)
    signed_in(page, seeded)

    found = {path: _violations(page, seeded.url + path) for path in PATHS}
    page.goto(seeded.url + "/boards/1?panel=tasks/1")
    page.wait_for_selector("#panel h1")
    found["a panel"] = _violations(page)
    page.click("#panel summary:has-text('Edit')")
    found["a form in a panel"] = _violations(page)
    found |= _of_forms_on_the_board(page, seeded)
    page.goto(seeded.url + "/sources/mapped")
    page.fill("#when", "item.[")
    page.wait_for_selector("#preview >> text=When")
    found["a mistake in a mapping"] = _violations(page)
    page.click("table.payloads a >> nth=0")
    page.wait_for_selector("#items")
    found["a payload"] = _violations(page)
    page.goto("about:blank")
    sent = {"a-secret-of-a-source": "Thank you", "wrong": "The form could not be accepted"}
    for token, title in sent.items():
        page.set_content(
            f'<form method="post" action="{seeded.url}/in/form?token={token}">'
            '<input name="title" value="Hello"><button>Send</button></form>'
        )
        page.click("button")
        page.wait_for_selector(f"h1 >> text={title}")
        found[title] = _violations(page)
    page.goto(seeded.url + "/deliveries")
    page.click("table.deliveries a >> nth=0")
    page.wait_for_selector("#panel .attempts")
    found["a delivery at the side"] = _violations(page)
    page.click("#panel >> text=Open page")
    page.wait_for_selector("main .attempts")
    found["a delivery"] = _violations(page)
    page.goto(seeded.url + "/tasks/1")
    page.click("section[aria-labelledby=place] button.danger")
    found["asked before a removal"] = _violations(page)
    page.goto(seeded.url + "/settings")
    page.fill("#modified", "ftp://example.com/")
    page.click("section[aria-labelledby=urls] button")
    found["refused"] = _violations(page)
    page.goto(seeded.url + "/tokens")
    page.fill("[name=name]", scheme)
    page.click("main button.primary")
    page.wait_for_selector("#token")
    found["a new token"] = _violations(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    assert {path: told for path, told in found.items() if told} == {}


def _of_forms_on_the_board(page, run):
    page.goto(run.url + "/boards/1")
    page.click(".column summary >> nth=0")
    page.wait_for_selector("#new-1:focus")
    page.keyboard.type("In the way of nobody")
    page.keyboard.press("Enter")
    page.wait_for_selector(".added a")
    of_column = _violations(page)
    page.click("#new-task")
    page.wait_for_selector("dialog [name=title]")
    return {"a form of a column": of_column, "all fields of a new task": _violations(page)}


def _violations(page, url=None):
    """Return what axe-core finds on a page, the one that is open where none is named."""
    if url:
        page.goto(url)
    page.add_script_tag(path=AXE)
    asked = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    violations = page.evaluate("asked => axe.run(document, asked)", asked)["violations"]
    return [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in violations]


@pytest.mark.parametrize("width", [390, 768, 1280, 1920])
def test_no_page_is_wider_than_its_window(seeded, open_page, width):
    page = open_page(viewport={"width": width, "height": 800})
    signed_in(page, seeded)

    page.goto(seeded.url + "/deliveries")
    of_delivery = page.get_attribute("table.deliveries a", "href")
    page.goto(seeded.url + "/sources/mapped")
    of_payload = page.get_attribute("table.payloads a", "href")
    paths = [*PATHS, of_delivery, of_payload]
    widths = {path: _width(page, seeded.url + path) for path in paths}

    assert {path: wide for path, wide in widths.items() if wide > width} == {}


def _width(page, url):
    page.goto(url)
    return page.evaluate("document.documentElement.scrollWidth")


def test_a_narrow_window_hides_neither_where_a_delivery_goes_nor_the_url_of_an_endpoint(
    seeded, open_page
):
    page = open_page(viewport={"width": 390, "height": 800})
    signed_in(page, seeded)

    page.goto(seeded.url + "/deliveries")
    is_told = page.is_visible("table.deliveries td.where >> text=127.0.0.1:1 >> nth=0")
    page.goto(seeded.url + "/settings")
    cell = page.locator("table.cards td >> nth=0").bounding_box()

    assert cell["width"] > 300
    assert is_told


def test_a_narrow_window_has_the_tools_above_the_deliveries_in_two_full_rows(seeded, open_page):
    page = signed_in(open_page(viewport={"width": 390, "height": 800}), seeded)
    page.goto(seeded.url + "/deliveries")

    boxes = [tool.bounding_box() for tool in page.locator(".tools :is(select, button, a)").all()]

    assert [(round(box["x"]), round(box["y"] - boxes[0]["y"])) for box in boxes[:2]] == [
        (16, 0),
        (16, 44),
    ]
    assert len({box["y"] for box in boxes[1:]}) == 1
    assert [round(box["x"] + box["width"]) for box in (boxes[0], boxes[-1])] == [374, 374]


def test_who_adds_a_task_on_the_board_writes_its_title_at_once(seeded, open_page):
    page = signed_in(open_page(), seeded)
    page.goto(seeded.url + "/boards/1")

    page.click("section[aria-labelledby=c2] summary")
    page.wait_for_selector("[name=title]:focus")
    page.keyboard.type("At once")
    page.keyboard.press("Enter")

    page.wait_for_selector("section[aria-labelledby=c2] >> text=At once")
