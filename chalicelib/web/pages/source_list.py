"""The list of the sources, and a new one in one step."""

import time
from typing import Any

from chalice.app import Response

from chalicelib.domain.errors import Refused
from chalicelib.domain.presets import PRESETS, preset
from chalicelib.domain.sources import is_id
from chalicelib.services.sources import payload_log, sources
from chalicelib.services.sources.payload_log import Counts
from chalicelib.services.sources.sources import CheckedSource
from chalicelib.web.pages import presenting
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.pages.rendering import redirect, render
from chalicelib.web.pages.source_words import state_of


def show(request: PageRequest, errors: dict[str, str] | None = None) -> Response:
    """Show every source with its address and what came of its payloads."""
    now = time.time()
    return render(
        request,
        "sources.html",
        errors=errors,
        sources=[_row(request, one, now) for one in sources.list_sources()],
        presets=titles(),
        outcomes=Counts._fields,
    )


def titles() -> dict[str, str]:
    """Return the senders' names by those of their presets."""
    known = {name: preset(name) for name in PRESETS}
    return {name: one.title for name, one in known.items() if one is not None}


def _row(request: PageRequest, listed: CheckedSource, now: float) -> dict[str, Any]:
    source, figures = listed.source, payload_log.figures(listed.id, now)
    more = "" if figures.is_complete else "+"
    counts = zip(Counts._fields, figures.day, figures.week, strict=True)
    return {
        "id": listed.id,
        "name": (source and source.name) or listed.id,
        "has_page": is_id(listed.id),
        "preset": titles().get(source.preset, "") if source else "",
        "address": address_of(request, listed.id),
        "is_whole": listed.source is not None and listed.source.verify != "token",
        "last": ago(now, figures.last_received),
        "counts": [(name, f"{day:,}", f"{week:,}{more}", day, week) for name, day, week in counts],
        **state_of(listed),
    }


def ago(now: float, then: float | None) -> str:
    """Return how long before `now` something was, "" where it never was; epoch seconds."""
    return "" if then is None else f"{presenting.span(now - then)} ago"


def address_of(request: PageRequest, source_id: str) -> str:
    """Return the address that a source's sender posts to, without its secret."""
    return f"{request.base_url}/in/{source_id}"


def add(request: PageRequest) -> Response:
    """Make a source and lead to its page, which shows the address, the secret and the steps.

    The id comes of the form's key: the same form twice finds the source that it has made.
    """
    name, known = request.get("preset"), titles()
    if name not in known:
        raise Refused({"preset": "choose one"})
    fields = {"preset": name, "name": request.get("name") or known[name]}
    source_id = _add_once(fields, request.form_key)
    return redirect(request, f"/sources/{source_id}", show="secret", done="added")


def _add_once(fields: dict[str, Any], form_key: str | None) -> str:
    if form_key is None:
        return str(sources.add_source(fields).id)
    source_id = f"src_{form_key[:12]}"
    try:
        sources.add_source({**fields, "id": source_id})
    except Refused as refusal:
        if refusal.reasons.keys() != {"id"}:
            raise
    return source_id
