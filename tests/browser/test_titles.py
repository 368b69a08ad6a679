"""The titles of pages: at one place, whichever page it is."""

import pytest

from tests.browser.conftest import ONE_WORKER, signed_in

pytestmark = ONE_WORKER

PATHS = [
    *("/boards/1", "/boards/1/new", "/boards/1/closed", "/deliveries", "/deliveries/replay"),
    *("/sources", "/projects", "/projects/1", "/users", "/users/1", "/settings", "/tokens"),
    *("/settings/endpoint", "/help", "/password", "/search", "/tasks/999"),
]


@pytest.mark.parametrize(("width", "margin"), [(390, 16), (1280, 24), (1920, 24)])
def test_the_titles_of_all_pages_begin_at_the_same_distance_from_the_left(
    run, open_page, width, margin
):
    page = signed_in(open_page(viewport={"width": width, "height": 800}), run)

    lefts = {}
    for path in PATHS:
        page.goto(run.url + path)
        lefts[path] = round(page.locator("h1").bounding_box()["x"])

    assert lefts == dict.fromkeys(PATHS, margin)
