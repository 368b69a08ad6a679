"""A new endpoint in one step."""

from chalice.app import Response

from chalicelib.web.pages import endpoint_form, endpoint_preview
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.pages.rendering import redirect, render


def show(request: PageRequest, errors: dict[str, str] | None = None) -> Response:
    """Show the form with what was typed, and what the receiver gets beside it."""
    return render(
        request,
        "endpoint_new.html",
        errors=errors,
        form=endpoint_form.values_of(request),
        **endpoint_preview.beside(request, endpoint_form.NEW),
    )


def add(request: PageRequest) -> Response:
    """Make an endpoint and lead to its page, where it can be tested; or show the preview."""
    if request.get("do") == "preview":
        return preview(request) if request.get("part") == "preview" else show(request)
    return redirect(request, f"/endpoints/{endpoint_form.add(request)}", done="added")


def preview(request: PageRequest) -> Response:
    """Show the preview alone."""
    made = endpoint_preview.beside(request, endpoint_form.NEW)["preview"]
    return render(request, "endpoint_preview.html", preview=made)
