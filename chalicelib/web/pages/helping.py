"""Help: what a receiver has to do, in four languages, and how tasks are added."""

from pathlib import Path

from chalice.app import Blueprint, Response

from chalicelib.web.pages.rendering import Visit, page, render

blueprint = Blueprint(__name__)

SNIPPETS = Path(__file__).parent.parent / "snippets"
_LANGUAGES = {"Python": "receiver.py", "PHP": "receiver.php", "JavaScript (Node)": "receiver.mjs", "Go": "receiver.go"}


@page(blueprint, "/help")
def help_page(visit: Visit) -> Response:
    """Show how to receive, and how to add."""
    snippets = {language: (SNIPPETS / name).read_text() for language, name in _LANGUAGES.items()}
    return render(visit, "help.html", snippets=snippets)
