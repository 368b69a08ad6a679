"""The routes of the pages of endpoints.

What they do is imported when one is opened: the function that adds tasks has no need of it.
"""

from chalice.app import Blueprint, Response

from chalicelib.domain.accounts import ADMINISTRATOR
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.pages.rendering import page

blueprint = Blueprint(__name__)


@page(blueprint, "/settings/endpoint", role=ADMINISTRATOR)
def new_endpoint_page(request: PageRequest, errors: dict[str, str] | None = None) -> Response:
    """Show the form of a new endpoint."""
    from chalicelib.web.pages import endpoint_new  # noqa: PLC0415

    return endpoint_new.show(request, errors)


@page(blueprint, "/settings/endpoint", role=ADMINISTRATOR, on_error=new_endpoint_page)
def add_endpoint(request: PageRequest) -> Response:
    """Make an endpoint, or show what it would be sent."""
    from chalicelib.web.pages import endpoint_new  # noqa: PLC0415

    return endpoint_new.add(request)


@page(blueprint, "/endpoints/{endpoint_id}", role=ADMINISTRATOR)
def endpoint_page(
    request: PageRequest, endpoint_id: str, errors: dict[str, str] | None = None
) -> Response:
    """Show one endpoint in full."""
    from chalicelib.web.pages import endpoint_details  # noqa: PLC0415

    return endpoint_details.show(request, endpoint_id, errors)


@page(blueprint, "/endpoints/{endpoint_id}", role=ADMINISTRATOR, on_error=endpoint_page)
def change_endpoint(request: PageRequest, endpoint_id: str) -> Response:
    """Do what the form's button says."""
    from chalicelib.web.pages import endpoint_changes  # noqa: PLC0415

    return endpoint_changes.change(request, endpoint_id)
