"""The pages of sources as their tests use them."""

from chalicelib.adapters.dynamodb.tables import Payload
from chalicelib.domain.sources import Source
from chalicelib.services.sources import sources
from tests.support.page_visits import Page, form_of

TITLE = "task.title"
OTHER_TITLE = {TITLE: "{{ payload.what }}"}
"""What a form says of a mapping in which the title has another name."""


def led_to(page: Page) -> str:
    """Return the address that a form leads to."""
    assert page.status == 303, page.seen
    return str(page.headers["Location"])


def stored(source_id: str = "ci") -> Source:
    """Return a source as it is now, which can be read."""
    source = sources.find_source(source_id).source
    assert source is not None
    return source


def payload_path(kept: Payload) -> str:
    """Return the path of a payload's page."""
    return f"/sources/{kept.source_id}/payloads/{kept.id}"


def mapping_form(page: Page, **changed: str) -> dict[str, str]:
    """Return the form of a page's mapping with other texts in it."""
    return {**form_of(page, "save-mapping"), "do": "save-mapping", **changed}
