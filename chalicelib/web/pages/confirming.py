"""Confirmation before irreversible changes, without JavaScript."""

from chalice.app import Response

from chalicelib.web import routing
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.pages.rendering import render


def is_sure(request: PageRequest) -> bool:
    """Tell whether a form comes from the page that `ask` shows."""
    return request.get("sure") == "yes"


def ask(
    request: PageRequest,
    question: str,
    loss: str,
    button: str = "Remove",
    *,
    back: str | None = None,
) -> Response:
    """Return a page that asks for confirmation and sends the same form again.

    `loss` names the consequences; `back` is the page of the form, None for the same path.
    """
    path = back or routing.path_of(request.raw)
    return render(request, "sure.html", question=question, loss=loss, button=button, back=path)
