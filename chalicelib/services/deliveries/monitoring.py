"""The readings of each endpoint for monitoring, with a bounded number of store calls.

A reading costs one scan of the endpoints, two batches for every 100 of them, and one query for each
endpoint with a backlog, at most MAX_BACKLOGS of them.
"""

import time
from collections.abc import Sequence
from typing import NamedTuple

from chalicelib.adapters.dynamodb.tables import delivery_lists
from chalicelib.adapters.dynamodb.tables.hours import Counted, Later
from chalicelib.domain import pace
from chalicelib.domain.statistics import Counts, LaterCounts
from chalicelib.services.cached import Cached
from chalicelib.services.endpoints import effective, endpoints
from chalicelib.services.endpoints.endpoints import CheckedEndpoint
from chalicelib.services.endpoints.states import EndpointState, state_of

MAX_COUNTED = 1000
"""Waiting deliveries of one endpoint that are counted at most."""

MAX_BACKLOGS = 100
"""Endpoints whose backlog one reading counts at most, those with the oldest backlog."""


class Backlog(NamedTuple):
    """The deliveries that wait for an endpoint."""

    waiting: int = 0  # at most MAX_COUNTED
    oldest_due_s: float = 0.0  # how long the oldest due delivery has been due


class EndpointReading(NamedTuple):
    """One endpoint at one moment."""

    endpoint_id: str
    state: EndpointState
    first: Counts  # totals up to `counted_until`
    counted_until: float | None  # epoch seconds; None: nothing is counted yet
    later: LaterCounts
    backlog: Backlog | None  # None: more than MAX_BACKLOGS endpoints have one


def _read() -> list[EndpointReading]:
    now, listed = time.time(), endpoints.list_endpoints()
    ids = [str(one.endpoint.id) for one in listed]
    counted, later = Counted.rows_of(ids), Later.of_all(ids)
    backlogs = _backlogs(listed, now)
    readings = []
    for endpoint_id, one in zip(ids, listed, strict=True):
        row = counted.get(endpoint_id) or Counted(endpoint_id)
        since = later.get(endpoint_id, LaterCounts())
        backlog = backlogs.get(endpoint_id)
        readings.append(
            EndpointReading(endpoint_id, state_of(one), row.total, row.until, since, backlog)
        )
    return readings


READINGS = Cached(_read)
"""The readings of all endpoints. Scrapes that are further apart than `SETTINGS_TTL` never see a
total decrease, whichever process answers them."""


def _backlogs(listed: Sequence[CheckedEndpoint], now: float) -> dict[str, Backlog]:
    """Return the backlogs by endpoint; an endpoint without a backlog costs no call."""
    having = [one for one in listed if _may_have_backlog(one)]
    having.sort(key=lambda one: one.endpoint.waiting_since or 0.0)
    found = {str(one.endpoint.id): Backlog() for one in listed if not _may_have_backlog(one)}
    for one in having[:MAX_BACKLOGS]:
        found[str(one.endpoint.id)] = _backlog_of(one, now)
    return found


def _may_have_backlog(listed: CheckedEndpoint) -> bool:
    """Tell whether deliveries may wait; a broken row may no longer say so."""
    return listed.endpoint.waiting_since is not None or listed.broken is not None


def _backlog_of(listed: CheckedEndpoint, now: float) -> Backlog:
    endpoint = listed.endpoint
    due_ats = delivery_lists.due_times(str(endpoint.id), MAX_COUNTED)
    if not due_ats:
        return Backlog()
    # As for the alarm: deliveries to a suspended endpoint are not due before its next probe, and
    # those to an endpoint with a pace not before its next slot.
    due_at = pace.due_since(due_ats[0], effective.paced_until(endpoint))
    due_at = max(due_at, endpoint.suspended_until or 0.0)
    return Backlog(len(due_ats), max(0.0, now - due_at))
