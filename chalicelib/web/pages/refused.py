"""The page of requests that were refused: why a form made no task."""

import time
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.domain.accounts import ADMINISTRATOR
from chalicelib.domain.refusals import KEPT, Refusal
from chalicelib.services.sources import refused_requests
from chalicelib.web.pages import presenting
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.pages.rendering import page, render

blueprint = Blueprint(__name__)


@page(blueprint, "/requests", role=ADMINISTRATOR)
def refused_page(request: PageRequest) -> Response:
    """List the requests that were refused last; `source` leaves those to one source."""
    source_id, found = request.get("source"), refused_requests.list_refused()
    shown = [one for one in found if not source_id or one.path == f"/in/{source_id}"]
    today = presenting.moment(time.time())[:10]
    return render(
        request,
        "requests.html",
        rows=[_row(one, today) for one in shown],
        source=source_id,
        kept=KEPT,
    )


def _row(refused: Refusal, today: str) -> dict[str, Any]:
    return {
        **refused._asdict(),
        "at": presenting.moment(refused.received_at).removeprefix(today + " "),
        "parameters": [f"{name}={value}" for name, value in refused.parameters.items()],
    }
