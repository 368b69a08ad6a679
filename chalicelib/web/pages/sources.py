"""The routes of the pages of sources.

What they do is imported when one is opened: the function that adds tasks has no need of it.
"""

from chalice.app import Blueprint, Response

from chalicelib.domain.accounts import ADMINISTRATOR
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.pages.rendering import page

blueprint = Blueprint(__name__)


@page(blueprint, "/sources", role=ADMINISTRATOR)
def sources_page(request: PageRequest, errors: dict[str, str] | None = None) -> Response:
    """List the sources, and offer to make one."""
    from chalicelib.web.pages import source_list  # noqa: PLC0415

    return source_list.show(request, errors)


@page(blueprint, "/sources", role=ADMINISTRATOR, on_error=sources_page)
def add_source(request: PageRequest) -> Response:
    """Make a source of a preset and a name."""
    from chalicelib.web.pages import source_list  # noqa: PLC0415

    return source_list.add(request)


@page(blueprint, "/sources/{source_id}", role=ADMINISTRATOR)
def source_page(
    request: PageRequest, source_id: str, errors: dict[str, str] | None = None
) -> Response:
    """Show one source: its address, its mapping, and what it has sent."""
    from chalicelib.web.pages import source_details  # noqa: PLC0415

    return source_details.show(request, source_id, errors)


@page(blueprint, "/sources/{source_id}", role=ADMINISTRATOR, on_error=source_page)
def change_source(request: PageRequest, source_id: str) -> Response:
    """Do what the button of the form says."""
    from chalicelib.web.pages import source_changes  # noqa: PLC0415

    return source_changes.change(request, source_id)


@page(blueprint, "/sources/{source_id}/payloads/{payload_id}", role=ADMINISTRATOR)
def payload_page(
    request: PageRequest,
    source_id: str,
    payload_id: str,
    errors: dict[str, str] | None = None,
) -> Response:
    """Show one payload whole, and what came of each of its items."""
    from chalicelib.web.pages import source_payloads  # noqa: PLC0415

    return source_payloads.show(request, source_id, payload_id, errors)


@page(
    blueprint,
    "/sources/{source_id}/payloads/{payload_id}",
    role=ADMINISTRATOR,
    on_error=payload_page,
)
def send_payload_again(request: PageRequest, source_id: str, payload_id: str) -> Response:
    """Send a payload through the current mapping."""
    from chalicelib.web.pages import source_payloads  # noqa: PLC0415

    return source_payloads.send_again(request, source_id, payload_id)
