"""The help page: how to add tasks, and example receivers in four languages."""

from collections.abc import Mapping
from pathlib import Path

from chalice.app import Blueprint, Response

from chalicelib.config import CONFIG
from chalicelib.domain.events import EVENT_TYPES
from chalicelib.domain.formats import FORMATS
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.pages.presenting import duration, roughly
from chalicelib.web.pages.rendering import page, render

blueprint = Blueprint(__name__)

SNIPPETS = Path(__file__).parent.parent / "snippets"
_LANGUAGES = {
    "Python": "receiver.py",
    "PHP": "receiver.php",
    "JavaScript (Node)": "receiver.mjs",
    "Go": "receiver.go",
}


@page(blueprint, "/help")
def help_page(request: PageRequest) -> Response:
    """Show how to add tasks and receive events."""
    snippets = {language: (SNIPPETS / name).read_text() for language, name in _LANGUAGES.items()}
    return render(
        request,
        "help.html",
        snippets=snippets,
        promised=_promised(),
        urls=_urls(request.base_url),
        formats=FORMATS,
        event_types=EVENT_TYPES,
    )


def _urls(base_url: str) -> dict[str, list[str]]:
    """Return the paths for programs by their purpose, as the OpenAPI document has them."""
    from chalicelib.web.schemas import openapi  # noqa: PLC0415 -- only this page needs it

    shown: dict[str, list[str]] = {}
    for path, item in openapi.document(base_url)["paths"].items():
        operation = next(one for name, one in item.items() if name != "parameters")
        shown.setdefault(operation["summary"], []).append(path)
    return shown


def _promised() -> Mapping[str, str]:
    """Return the configured timeouts and periods in words."""
    delays = [duration(delay) for delay in CONFIG.retry_delays]
    return {
        "delivery_timeout": duration(CONFIG.delivery_timeout),
        "retry_timeout": duration(CONFIG.retry_timeout),
        "delays": ", ".join(delays[:3]) + (" and so on" if len(delays) > 3 else ""),
        "retried_for": roughly(sum(CONFIG.retry_delays)),
        "endpoint_disable_after": duration(CONFIG.endpoint_disable_after),
        "delivery_retention": duration(CONFIG.delivery_retention),
    }
