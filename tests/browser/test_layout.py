"""How parts of a page lie beside each other: in rows, in forms, at the edge of what scrolls."""

import pytest

from tests.browser.conftest import ONE_WORKER, add, api, signed_in

pytestmark = ONE_WORKER

SMALLEST_TARGET = 24
"""Pixels each way (WCAG 2.2, 2.5.8)."""

PLACEHOLDERS = """[...document.querySelectorAll("[placeholder]")].map((field) => {
    const { color, opacity } = getComputedStyle(field, "::placeholder");
    return [color, opacity, getComputedStyle(field).backgroundColor];
})"""


def tops(page, selector):
    """Return how far the first line of each cell is below the top of its row."""
    return page.eval_on_selector_all(
        selector,
        """cells => cells.map((cell) => {
            const text = document.createRange();
            text.selectNodeContents(cell);
            const row = cell.parentElement.getBoundingClientRect();
            return Math.round(text.getBoundingClientRect().top - row.top);
        })""",
    )


def test_a_button_in_a_row_pushes_no_text_down(run, admin):
    admin.goto(run.url + "/users")
    without_button = tops(admin, "tbody td:nth-child(4)")[0]

    admin.goto(run.url + "/projects")
    numbers = tops(admin, "tbody td.number:nth-child(3)")

    assert set(numbers) == {without_button}


@pytest.mark.parametrize("path", ["/users/1", "/settings/endpoint", "/deliveries", "/tasks/{}"])
def test_all_fields_of_one_line_are_as_high_as_a_button(run, admin, path):
    task_id = add(run, "With fields")
    admin.goto(run.url + path.format(task_id))

    heights = admin.eval_on_selector_all(
        "main :is(select, input:not([type=hidden], [type=checkbox])), main button:not(.link)",
        "all => all.map(one => one.offsetHeight).filter(Boolean)",
    )

    assert set(heights) == {37}


def test_the_first_card_of_a_column_has_room_for_its_outline(run, admin):
    task_id = add(run, "Outlined", column_id=3)
    admin.goto(run.url + "/boards/1")

    room = admin.eval_on_selector(
        "[id='3']", "list => list.firstElementChild.offsetTop - list.offsetTop"
    )
    admin.focus(f"#t{task_id} a")
    outline = admin.eval_on_selector(
        f"#t{task_id} a",
        """link => {
            const { outlineWidth, outlineOffset } = getComputedStyle(link, "::after");
            return parseFloat(outlineWidth) + parseFloat(outlineOffset);
        }""",
    )

    assert room >= outline > 0


@pytest.mark.parametrize("width", [390, 1280])
def test_the_links_of_the_head_are_large_enough_for_a_finger(run, open_page, width):
    page = signed_in(open_page(viewport={"width": width, "height": 800}), run)

    sizes = page.eval_on_selector_all(
        ".bar :is(a, button)",
        "all => all.map(one => [one.textContent, one.getBoundingClientRect().height])"
        ".filter(([, height]) => height)",
    )

    assert [name for name, height in sizes if height < SMALLEST_TARGET] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/boards/1", "/settings/endpoint", "/sources"])
def test_a_placeholder_can_be_read(run, open_page, scheme, path):
    page = signed_in(open_page(color_scheme=scheme), run)
    page.goto(run.url + path)

    contrasts = [
        _contrast(_color(text), _color(ground)) if opacity == "1" else 0
        for text, opacity, ground in page.evaluate(PLACEHOLDERS)
    ]

    assert min(contrasts) >= 4.5


def test_a_long_name_pushes_no_button_out_of_its_form(run, open_page):
    name = "A person whose name is " + "long " * 20
    api(run, "createUser", username="long", password="a password", name=name)
    page = signed_in(open_page(viewport={"width": 390, "height": 800}), run)
    add(run, "One of several")

    page.goto(run.url + "/boards/1/several")
    rights = page.eval_on_selector_all(
        ".deeds :is(select, input, button)",
        "all => all.map(one => one.getBoundingClientRect().right)",
    )

    assert max(rights) <= page.eval_on_selector(
        ".deeds", "one => one.getBoundingClientRect().right"
    )


def test_a_long_name_takes_no_second_line_where_there_is_room(run, open_page):
    name = "A person whose name is " + "longer " * 20
    api(run, "createUser", username="longer", password="a password", name=name)
    page = signed_in(open_page(viewport={"width": 1280, "height": 800}), run)
    add(run, "One of several")

    page.goto(run.url + "/boards/1/several")
    lines = page.eval_on_selector_all(
        ".deeds button", "all => all.map(one => one.getBoundingClientRect().top)"
    )

    assert len(set(lines)) == 1


def test_a_narrow_panel_cuts_no_due_date(run, open_page):
    page = signed_in(open_page(viewport={"width": 390, "height": 800}), run)
    task_id = add(run, "Due", date_due="2027-03-01")
    page.goto(f"{run.url}/boards/1?panel=tasks/{task_id}")

    page.click("#panel .edit summary")
    widths = {
        kind: page.locator(f"#panel .due [type={kind}]").bounding_box()["width"]
        for kind in ("date", "time")
    }

    assert [kind for kind, width in widths.items() if width < 120] == []


def _color(text):
    """Return red, green and blue of `rgb(1, 2, 3)`, from 0 to 1."""
    return [int(part) / 255 for part in text.removeprefix("rgb(").removesuffix(")").split(", ")]


def _contrast(one, other):
    """Return the contrast ratio of two colors (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color):
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
