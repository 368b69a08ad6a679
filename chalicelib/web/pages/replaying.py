"""Replay: what was sent since a time is sent again, after a look at how much that is."""

import time

from chalice.app import Blueprint, Response

from chalicelib.domain.accounts import ADMINISTRATOR
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.moments import read_moment
from chalicelib.services.deliveries import redelivery
from chalicelib.services.endpoints import endpoints
from chalicelib.web.pages import presenting
from chalicelib.web.pages.rendering import Visit, page, redirect, render

blueprint = Blueprint(__name__)

STATUSES = {"": "Delivered or given up", "failed": "Given up", "delivered": "Delivered"}
FIELDS = ("endpoint", "since", "until", "status")


@page(blueprint, "/deliveries/replay", role=ADMINISTRATOR)
def replay_page(visit: Visit, errors: dict[str, str] | None = None) -> Response:
    """Ask what to send again; say how much that is; show how far it has come."""
    errors, count, fixed, progress = errors or {}, None, {}, _progress(visit)
    asked = {name: visit.get(name) for name in FIELDS}
    if asked["endpoint"] and not errors and not visit.get("total"):
        try:
            wanted = _wanted(visit, asked["until"] or presenting.local_time(time.time()))
            count = redelivery.count_replayable(wanted)
            fixed = {
                "since": presenting.local_time(wanted.since),
                "until": presenting.local_time(wanted.until),
            }
        except (Refused, NotFound) as error:
            errors = error.reasons if isinstance(error, Refused) else {"endpoint": str(error)}
    return render(
        visit,
        "replay.html",
        errors=errors,
        asked=asked | {"since": asked["since"] or presenting.local_time(time.time() - 86400)[:16]},
        fixed=asked | fixed,
        count=count,
        counted=f"{count.found:,}" + ("+" if count.is_more else "") if count else "",
        progress=progress,
        is_beyond=progress
        and visit.get("after")
        and progress["total"] <= progress["sent"] + progress["skipped"],
        after=visit.get("after"),
        is_done=not visit.get("after") and not errors,
        endpoints=presenting.told_apart(
            {str(one.endpoint.id): str(one.endpoint.url) for one in endpoints.list_endpoints()}
        ),
        statuses=STATUSES,
    )


def _wanted(visit: Visit, until: str) -> redelivery.ReplayRequest:
    """Read what is to be sent again.

    Raises:
        Refused: A field cannot be used.
    """
    since, end = read_moment("since", visit.get("since")), read_moment("until", until)
    if since is None or end is None:
        raise Refused({"until" if since else "since": "is required"})
    if end < since:
        raise Refused({"until": "must be later than the other time"})
    status = visit.get("status")
    if status not in STATUSES:
        raise Refused({"status": f"takes no {status!r}"})
    statuses = (status,) if status else redelivery.REPLAYED
    return redelivery.ReplayRequest(
        visit.get("endpoint"), since, end, statuses, visit.get("after") or None
    )


def _progress(visit: Visit) -> dict[str, int] | None:
    """Return how far a replay has come; None: none has begun."""
    numbers = {name: visit.get(name) for name in ("sent", "skipped", "total")}
    if not all(text.isdecimal() and len(text) < 10 for text in numbers.values()):
        return None
    return {name: int(text) for name, text in numbers.items()}


@page(blueprint, "/deliveries/replay", role=ADMINISTRATOR, shows=replay_page)
def replay_step(visit: Visit) -> Response:
    """Send the next deliveries again; the address holds the request, so a reload repeats none."""
    was = _progress(visit) or {"sent": 0, "skipped": 0, "total": 0}
    step = redelivery.replay(_wanted(visit, visit.get("until")))
    sent, skipped = was["sent"] + step.sent, was["skipped"] + len(step.skipped)
    came = {
        "sent": sent,
        "skipped": skipped,
        "total": max(was["total"], sent + skipped),
        "after": step.cursor or "",
    }
    return redirect(
        visit, "/deliveries/replay", **{name: visit.get(name) for name in FIELDS}, **came
    )
