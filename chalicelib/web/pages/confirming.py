"""Asking before a form does what cannot be undone; no script is needed for it."""

from chalice.app import Response

from chalicelib.web import routing
from chalicelib.web.pages.rendering import Visit, render


def is_sure(visit: Visit) -> bool:
    """Tell whether a form comes from the page that `ask` shows."""
    return visit.get("sure") == "yes"


def ask(
    visit: Visit, question: str, loss: str, button: str = "Remove", *, back: str | None = None
) -> Response:
    """Return a page that asks first, and sends the same form once more.

    Args:
        visit: The form.
        question: What it is about to do.
        loss: What is lost by it.
        button: What does it.
        back: The page that the form is on; None: the one of the same path.
    """
    path = back or routing.path_of(visit.request)
    return render(visit, "sure.html", question=question, loss=loss, button=button, back=path)
