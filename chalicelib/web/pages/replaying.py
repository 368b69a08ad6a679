"""Replay: count the deliveries of a period, then send them again."""

import time

from chalice.app import Blueprint, Response

from chalicelib.domain.accounts import ADMINISTRATOR
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.moments import read_moment
from chalicelib.services.deliveries import redelivery
from chalicelib.services.endpoints import effective, endpoints
from chalicelib.web.pages import presenting
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.pages.rendering import page, redirect, render

blueprint = Blueprint(__name__)

STATUSES = {"": "Delivered or given up", "failed": "Given up", "delivered": "Delivered"}
FIELDS = ("endpoint", "since", "until", "status")


@page(blueprint, "/deliveries/replay", role=ADMINISTRATOR)
def replay_page(request: PageRequest, errors: dict[str, str] | None = None) -> Response:
    """Ask for a period, show its number of deliveries, then the progress."""
    errors, count, fixed, progress = errors or {}, None, {}, _progress(request)
    asked = {name: request.get(name) for name in FIELDS}
    if asked["endpoint"] and not errors and not request.get("total"):
        try:
            wanted = _wanted(request, asked["until"] or presenting.local_time(time.time()))
            count = redelivery.count_replayable(wanted)
            times = {"since": wanted.since, "until": wanted.until}
            fixed = {name: presenting.local_time(at) for name, at in times.items()}
        except (Refused, NotFound) as error:
            errors = error.reasons if isinstance(error, Refused) else {"endpoint": str(error)}
    return render(
        request,
        "replay.html",
        errors=errors,
        asked=asked | {"since": asked["since"] or presenting.local_time(time.time() - 86400)[:16]},
        fixed=asked | fixed,
        count=count,
        counted=f"{count.found:,}" + ("+" if count.is_more else "") if count else "",
        progress=progress,
        is_beyond=progress and request.get("after") and _is_beyond(progress),
        after=request.get("after"),
        is_done=not request.get("after") and not errors,
        endpoints=_endpoints(),
        statuses=STATUSES,
    )


def _wanted(request: PageRequest, until: str) -> redelivery.ReplayRequest:
    """Read the request of a replay. Raises Refused."""
    since, end = read_moment("since", request.get("since")), read_moment("until", until)
    if since is None or end is None:
        raise Refused({"until" if since else "since": "is required"})
    if end < since:
        raise Refused({"until": "must be after the start"})
    status = request.get("status")
    if status not in STATUSES:
        raise Refused({"status": f"takes no {status!r}"})
    statuses = (status,) if status else redelivery.REPLAYED
    return redelivery.ReplayRequest(
        request.get("endpoint"), since, end, statuses, request.get("after") or None
    )


def _progress(request: PageRequest) -> dict[str, int] | None:
    """Return the progress of a replay; None if none has begun."""
    numbers = {name: request.get(name) for name in ("sent", "skipped", "total")}
    if not all(text.isdecimal() and len(text) < 10 for text in numbers.values()):
        return None
    return {name: int(text) for name, text in numbers.items()}


@page(blueprint, "/deliveries/replay", role=ADMINISTRATOR, on_error=replay_page)
def replay_step(request: PageRequest) -> Response:
    """Send the next deliveries again; the URL holds the progress, so a reload repeats none."""
    was = _progress(request) or {"sent": 0, "skipped": 0, "total": 0}
    step = redelivery.replay(_wanted(request, request.get("until")))
    sent, skipped = was["sent"] + step.sent, was["skipped"] + len(step.skipped)
    came = {
        "sent": sent,
        "skipped": skipped,
        "total": max(was["total"], sent + skipped),
        "after": step.cursor or "",
    }
    return redirect(
        request, "/deliveries/replay", **{name: request.get(name) for name in FIELDS}, **came
    )


def _endpoints() -> dict[str, str]:
    listed = [one.endpoint for one in endpoints.list_endpoints()]
    return presenting.disambiguate({str(one.id): effective.display_name(one) for one in listed})


def _is_beyond(progress: dict[str, int]) -> bool:
    """Tell whether more deliveries were sent than could be counted."""
    return progress["total"] <= progress["sent"] + progress["skipped"]
