"""The record of deliveries: what was sent where, and what came of it."""

import hashlib
import json
import time
from collections.abc import Collection, Iterable
from itertools import islice
from typing import Any, NamedTuple

from chalicelib.adapters.dynamodb.store import translating_store_errors
from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint, Task, delivery_lists
from chalicelib.adapters.dynamodb.tables.deliveries import Broken
from chalicelib.adapters.dynamodb.tables.delivery_lists import ListedDelivery
from chalicelib.domain.delivery_states import Status, read_status
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.moments import LATEST
from chalicelib.services.deliveries.delivery_search import LOOKED_AT
from chalicelib.services.endpoints import endpoints

SENT_AGAIN = "is to be sent again"
"""The outcome of a delivery that somebody has sent again, until it is attempted."""

SENT_IN_REPLAY = "is to be sent again in a replay"
"""The same of one that was sent again with many others."""

WATCHED = 25
"""Deliveries of an endpoint, the newest, whose changes are seen."""

UNDER_WAY = 30
"""Seconds for which what somebody has sent again is taken to be on its way; then its message must
have been lost."""


def titles_of(task_ids: Collection[int]) -> dict[int, str]:
    """Return the titles of these tasks; those that are gone are left out."""
    with translating_store_errors():
        rows = Task.batch_get(sorted(set(task_ids)), attributes_to_get=["task_id", "title"])
        return {int(row.task_id): str(row.title) for row in rows}


class Waiting(NamedTuple):
    """What is not settled."""

    total: int
    is_more: bool  # whether there is more than was counted
    since: float | None  # when the oldest was made, in epoch seconds


def waiting(endpoint_ids: Iterable[str]) -> Waiting:
    """Return how much waits for these endpoints and since when, within LOOKED_AT rows each."""
    total, is_more, since = 0, False, []
    with translating_store_errors():
        for endpoint_id in endpoint_ids:
            keys = list(Delivery.due.query(endpoint_id, limit=LOOKED_AT))
            total, is_more = total + len(keys), is_more or len(keys) == LOOKED_AT
            if keys:
                oldest = min(keys, key=lambda row: row.sequence)
                parts = ListedDelivery.batch_get(
                    [(oldest.ordering_key, oldest.sequence)], attributes_to_get=["created_at"]
                )
                since += [float(row.created_at) for row in parts]
    return Waiting(total, is_more, min(since, default=None))


def is_sent_again(delivery: Delivery) -> bool:
    """Tell whether a delivery was sent again, alone or in a replay, and not attempted since."""
    return delivery.is_pending and delivery.outcome in {SENT_AGAIN, SENT_IN_REPLAY}


def is_held(delivery: Delivery, endpoint: Endpoint | None) -> bool:
    """Tell whether a delivery waits for its suspended endpoint.

    It does not where its own time is later, or somebody has just sent it again.
    """
    if (
        endpoint is None
        or not delivery.is_pending
        or not endpoint.is_active
        or endpoint.suspended_until is None
    ):
        return False
    if delivery.outcome == SENT_AGAIN and (delivery.due_at or 0) > time.time() - UNDER_WAY:
        return False
    return (delivery.due_at or 0) <= max(float(endpoint.suspended_until), time.time())


def version_of(endpoint_id: str) -> str:
    """Return a version that changes with the newest WATCHED deliveries of an endpoint.

    It costs one read of an index, of some kilobytes, and no write anywhere.
    """
    if not endpoint_id:
        return ""
    wanted = ["lane", "sequence", "status", "tries", "outcome"]
    newest: dict[str, Any] = {"scan_index_forward": False, "limit": WATCHED}
    newest["attributes_to_get"] = wanted
    with translating_store_errors():
        rows = Delivery.query_of("by_endpoint", endpoint_id, **newest)()["Items"]
    said = [[row.get(name) for name in wanted] for row in rows]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def count_held(endpoint: Endpoint) -> int:
    """Return how many deliveries wait for a suspended endpoint, at most LOOKED_AT.

    Those whose own time is later than its next probe are not among them.
    """
    until = max(float(endpoint.suspended_until or 0), time.time())
    return len(delivery_lists.due_at(str(endpoint.id), until, LOOKED_AT))


def waits_behind(delivery: Delivery) -> Delivery | None:
    """Return the earlier event of the same task that must go first; None: there is none."""
    if not delivery.is_pending:
        return None
    waiting, _ = Delivery.waiting_in(delivery.ordering_key)
    return next((row for row in waiting if row.sequence < delivery.sequence), None)


def last_failed(endpoint: Endpoint) -> Delivery | None:
    """Return a recent failed delivery of an endpoint, without its body, or None.

    It is one of those with which the failures began: probes go to these first, so that the most
    tried one has the newest answer.
    """
    if endpoint.failing_since is None:
        return None
    began = Delivery.created_at <= int(endpoint.failing_since) + 1
    with translating_store_errors():
        newest = ListedDelivery.by_endpoint.query(
            endpoint.id, began, scan_index_forward=False, limit=100
        )
        tried = [row for row in newest if row.tries]
    failing = [row for row in tried if row.status in {Status.PENDING.value, Status.FAILED.value}]
    return max(failing, key=lambda row: row.tries, default=None)


def list_deliveries(
    endpoint_id: str | None = None,
    status: str | None = None,
    since: float = 0,
    limit: int | None = None,
    until: float = LATEST,
) -> list[Delivery]:
    """Return deliveries, the newest first.

    Args:
        endpoint_id: Those to one endpoint; None: those to all that there are.
        status: Those that stand so; None: all.
        since: Those made from then on, in epoch seconds.
        limit: At most so many, the newest; None: all.
        until: Those made up to then.

    Raises:
        NotFound: There is no such endpoint, and nothing is left that was sent to one.
        Refused: There is no such status.
    """
    status, found = read_status(status), list[Delivery]()
    made = Delivery.created_at.between(since, until)
    with translating_store_errors():
        for one in [endpoint_id] if endpoint_id else endpoints.ids_of_all():
            newest = ListedDelivery.by_endpoint.query(one, made, scan_index_forward=False)
            matching = (delivery for delivery in newest if status in (None, delivery.status))
            found += islice(matching, limit)
    if endpoint_id and not found:  # what was sent to one that is gone is still to be seen
        endpoints.find_endpoint(endpoint_id)
    return sorted(found, key=lambda delivery: -delivery.created_at)[:limit]


def count_waiting(endpoint_id: str) -> int:
    """Return how many deliveries wait for an endpoint."""
    with translating_store_errors():
        return Delivery.due.count(endpoint_id)


def find_delivery(delivery_id: str) -> Delivery:
    """Return a delivery.

    Raises:
        NotFound: There is none, or its record has expired.
        Refused: Its row has been edited so that it cannot be used.
    """
    found = Delivery.find(delivery_id)
    if found is None:
        raise NotFound(f"there is no delivery {delivery_id}")
    if isinstance(found, Broken):
        raise Refused({"delivery": found.reason})
    return found
