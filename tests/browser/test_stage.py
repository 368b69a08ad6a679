"""The pages below API Gateway's stage: links, forms, redirects, scripts, cookies stay there."""

import pytest

from chalicelib.services.tasks import lifecycle
from tests.browser.conftest import ONE_WORKER, signed_in
from tests.support.stage_gateway import STAGE, Gateway

pytestmark = ONE_WORKER


@pytest.fixture
def gateway(cloud):  # noqa: ARG001 -- the stores behind it
    with Gateway() as listening:
        yield listening


def test_everything_stays_below_the_stage(gateway, open_page):
    task_id = lifecycle.create_task({"title": "Below"})
    page = open_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))

    signed_in(page, gateway)
    page.goto(gateway.url + "/")
    page.focus(f"#t{task_id} a")
    page.keyboard.press("Alt+ArrowRight")
    page.wait_for_selector(f"[id='2'] #t{task_id}")
    for name in ("Deliveries", "Sources", "Projects", "Users", "Settings", "Help"):
        page.click(f"nav[aria-label=Main] >> text={name}")
        assert page.text_content("h1") == name

    paths = {cookie["path"] for cookie in page.context.cookies()}
    outside = [url for url in asked if not url.startswith(gateway.url + "/")]
    assert (paths, outside) == ({STAGE}, [])
