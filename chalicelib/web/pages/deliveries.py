"""The deliveries log and the details of a delivery."""

import json
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

from chalice.app import Blueprint, Response

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.domain import events, statistics
from chalicelib.domain.accounts import ADMINISTRATOR
from chalicelib.domain.delivery_states import Status, read_status
from chalicelib.domain.errors import Refused
from chalicelib.domain.moments import read_moment
from chalicelib.domain.statistics import Counts
from chalicelib.domain.tasks import read_id
from chalicelib.services.deliveries import (
    delivery_log,
    delivery_search,
)
from chalicelib.services.deliveries import statistics as counting
from chalicelib.services.deliveries.delivery_search import Wanted
from chalicelib.services.endpoints import endpoints
from chalicelib.web.pages import charts, delivery_rows, folds, headers, presenting
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.pages.rendering import page, render

blueprint = Blueprint(__name__)

FILTERS = ("endpoint", "status", "event", "task", "since", "until")
DAYS = {"1": "24 h", "7": "7 days"}
"""The periods of the summary figures."""


@page(blueprint, "/deliveries", role=ADMINISTRATOR)
def deliveries_page(request: PageRequest) -> Response:
    """Show the backlog, the summary figures and the newest deliveries."""
    errors: dict[str, str] = {}
    try:
        wanted, place = _wanted(request), _number(request, "place")
    except Refused as refusal:
        wanted, place, errors = Wanted(), None, refusal.reasons
    known = {str(listed.endpoint.id): listed.endpoint for listed in endpoints.list_endpoints()}
    shown = [name for name in known if wanted.endpoint_id in ("", name)]
    asked = {name: request.get(name) for name in FILTERS} | _times(wanted)
    # The versions are read before the deliveries: the script then sees later changes.
    return render(
        request,
        "deliveries.html",
        errors=errors,
        watched={} if place or errors else {one: delivery_log.version_of(one) for one in shown},
        figures=None if place else _figures(request, shown),
        asked=asked,
        is_filtered=any(asked.values()),
        has_details=any(asked[name] for name in FILTERS[2:]),
        is_first=place is None,
        statuses=[status.value for status in Status],
        event_types=[*events.EVENT_TYPES, events.PING],
        **_listed(wanted, place, known, asked),
    )


def _listed(
    wanted: Wanted, place: float | None, known: Mapping[str, Endpoint], asked: Mapping[str, str]
) -> dict[str, Any]:
    """Return the deliveries of a page, those that wait for a suspended endpoint folded."""
    names = presenting.short_names(known.values())
    folded = {}
    if folds.is_wanted(wanted):
        ours = [known[name] for name in known if wanted.endpoint_id in ("", name)]
        folded = folds.of(ours, names)
    skips = partial(folds.holds, folded, known) if folded else None
    found = delivery_search.search(wanted, place, skips=skips)
    return {
        "endpoints": names,
        "folds": list(folded.values()) if place is None else [],
        "rows": delivery_rows.listed(found.rows, known, names),
        "is_cut": found.is_cut,
        "older": None if found.place is None else _query(asked, place=f"{found.place:.3f}"),
    }


@page(blueprint, "/deliveries/version", role=ADMINISTRATOR)
def deliveries_version(request: PageRequest) -> Response:
    """Return a version of an endpoint's newest deliveries, so that a script can detect changes."""
    version = delivery_log.version_of(request.get("endpoint"))
    known = headers.ALWAYS | {"Content-Type": "application/json"}
    return Response(json.dumps({"version": version}), headers=known)


def _wanted(request: PageRequest) -> Wanted:
    """Read the filters.

    Raises:
        Refused: With a reason for each invalid filter.
    """
    task = request.get("task").lstrip("#")
    since, until = (read_moment(name, request.get(name)) for name in ("since", "until"))
    task_id = read_id("task", task) if task else None
    status = read_status(request.get("status")) or ""
    endpoint_id, event_type = request.get("endpoint"), request.get("event")
    return Wanted(endpoint_id, status, event_type, task_id, since or 0.0, until)


def _times(wanted: Wanted) -> dict[str, str]:
    """Return the filters' times in the format of their inputs, so that forms keep them."""
    known = {"since": wanted.since, "until": wanted.until}
    return {name: presenting.local_time(seconds) for name, seconds in known.items() if seconds}


def _number(request: PageRequest, name: str) -> float | None:
    text = request.get(name)
    if text and not (text.replace(".", "", 1).isdecimal() and len(text) < 20):
        raise Refused({name: "is not a valid cursor"})
    return float(text) if text else None


def _query(asked: Mapping[str, str], **more: str) -> str:
    return "?" + urlencode({name: text for name, text in {**asked, **more}.items() if text})


def _figures(request: PageRequest, ids: Sequence[str]) -> dict[str, Any]:
    """Return the summary figures: success rate, latency and backlog."""
    days = request.get("days") if request.get("days") in DAYS else "1"
    now, waiting = time.time(), delivery_log.waiting(ids)
    hours = counting.last_hours(ids, 24 * int(days))
    over_all = [statistics.sum_of(parts) for parts in zip(*hours.values(), strict=True)] or [
        Counts()
    ] * 24
    shown = charts.spans(over_all, now)
    return {
        "time": DAYS[days],
        "others": {key: name for key, name in DAYS.items() if key != days},
        **delivery_rows.numbers(statistics.sum_of(over_all)),
        "waiting": f"{waiting.total:,}" + ("+" if waiting.is_more else ""),
        "is_waiting": waiting.total > 0,
        "since": presenting.span(now - waiting.since) if waiting.since else "",
        "per": "hour" if days == "1" else "6 h",
        "bars": charts.bars(shown),
        "rate": charts.rate(shown),
        "latency": charts.latency(shown),
        "endpoints": {name: _of_one(its_hours, now) for name, its_hours in hours.items()},
    }


def _of_one(hours: Sequence[Counts], now: float) -> dict[str, Any]:
    """Return the figures of one endpoint."""
    bars = charts.bars(charts.spans(hours, now))
    return {**delivery_rows.numbers(statistics.sum_of(hours)), "bars": bars}
