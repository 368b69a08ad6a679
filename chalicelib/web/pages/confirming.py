"""Asking before a form does what cannot be undone; no script is needed for it."""

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
    """Return a page that asks first, and sends the same form once more.

    Args:
        request: The form.
        question: What it is about to do.
        loss: What is lost by it.
        button: What does it.
        back: The page that the form is on; None: the one of the same path.
    """
    path = back or routing.path_of(request.raw)
    return render(request, "sure.html", question=question, loss=loss, button=button, back=path)
