"""Endpoints and deliveries, in Kanboard's style, for the application and administrators."""

import inspect
import time
from collections.abc import Callable
from typing import Any

from chalicelib.adapters.dynamodb.tables import Delivery
from chalicelib.domain import endpoint_fields
from chalicelib.domain.accounts import ADMINISTRATOR
from chalicelib.domain.endpoint_fields import FIELDS, Kind
from chalicelib.domain.errors import Refused
from chalicelib.domain.moments import read_moment
from chalicelib.services.deliveries import delivery_log, pinging, redelivery
from chalicelib.services.deliveries.summaries import summary_of
from chalicelib.services.endpoints import effective, endpoints, public_keys
from chalicelib.services.endpoints.endpoints import CheckedEndpoint
from chalicelib.web.jsonrpc.base import Call, procedure

Shape = dict[str, Any]

MOST_AT_ONCE = 100
"""Deliveries that one call lists or sends again."""


_PARAMETERS: dict[Kind, Any] = {
    Kind.TEXT: str | None,
    Kind.CODE: str | None,
    Kind.FLAG: bool | str | None,
    Kind.NUMBER: float | str | None,
    Kind.NUMBERS: list[float] | str | None,
    Kind.JSON: dict[str, Any] | str | None,
}
"""The types of the parameters that set a field; "" takes it away."""


def with_fields(function: Callable[..., Any]) -> Callable[..., Any]:
    """Declare the fields of endpoints as parameters of a procedure in place of its `**fields`."""
    signature = inspect.signature(function)
    *given, _ = signature.parameters.values()
    more = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_PARAMETERS[field.kind]
        )
        for name, field in FIELDS.items()
    ]
    function.__signature__ = signature.replace(parameters=[*given, *more])  # type: ignore[attr-defined]  # of any function
    return function


@procedure(ADMINISTRATOR)
@with_fields
def create_endpoint(
    _: Call,
    url: str,
    events: list[str] = [],  # noqa: B006 -- never written
    format: str | None = None,  # noqa: A002 -- the field's name
    id: str | None = None,  # noqa: A002
    secret: str | None = None,
    is_active: bool | None = None,  # noqa: FBT001
    **fields: Any,
) -> str:
    """Create an endpoint and return its id.

    Answers never contain the secret; supply your own if you need to know it.
    """
    is_on = is_active is not False
    added = endpoints.add_endpoint(url, events, format, id, secret, is_active=is_on, **fields)
    return str(added.id)


@procedure(ADMINISTRATOR)
def get_endpoints(_: Call) -> list[Shape]:
    """Return all endpoints; broken ones carry the reason."""
    return [_endpoint(listed) for listed in endpoints.list_endpoints()]


@procedure(ADMINISTRATOR)
@with_fields
def update_endpoint(
    _: Call,
    id: str,  # noqa: A002 -- Kanboard's style
    url: str | None = None,
    events: list[str] | None = None,
    format: str | None = None,  # noqa: A002
    is_active: bool | None = None,  # noqa: FBT001
    secret: str | None = None,
    **fields: Any,
) -> bool:
    """Change the given fields of an endpoint; a replaced secret also signs for 24 h.

    "" takes an optional field away.
    """
    endpoints.change_endpoint(id, url, events, format, secret, **fields)
    if is_active is not None:
        endpoints.set_active(id, is_active=is_active)
    return True


@procedure(ADMINISTRATOR)
def remove_endpoint(_: Call, endpoint_id: str) -> bool:
    """Remove an endpoint."""
    endpoints.remove_endpoint(endpoint_id)
    return True


@procedure(ADMINISTRATOR)
def test_endpoint(_: Call, endpoint_id: str) -> Shape:
    """Send one signed ping to an endpoint and return the delivery."""
    return _delivery(pinging.ping(endpoint_id))


@procedure(ADMINISTRATOR)
def get_deliveries(
    _: Call,
    endpoint_id: str | None = None,
    status: str | None = None,
    since: str | None = None,
    limit: int = 100,
) -> list[Shape]:
    """Return the newest deliveries since a time."""
    if not 1 <= limit <= MOST_AT_ONCE:
        raise Refused({"limit": f"takes 1 to {MOST_AT_ONCE}"})
    begin = read_moment("since", since) or 0
    return [
        _delivery(row) for row in delivery_log.list_deliveries(endpoint_id, status, begin, limit)
    ]


@procedure(ADMINISTRATOR)
def retry_delivery(_: Call, delivery_id: str) -> bool:
    """Send a delivery again now."""
    redelivery.send_again(delivery_id)
    return True


@procedure(ADMINISTRATOR)
def replay_deliveries(
    _: Call,
    endpoint_id: str,
    since: str,
    until: str | None = None,
    limit: int = MOST_AT_ONCE,
    after: str | None = None,
) -> Shape:
    """Send the deliveries of a period again, by default until now; at most the oldest `limit`.

    The next call takes the answer's `last` as `after`; it is null once all are done.
    """
    if not 1 <= limit <= MOST_AT_ONCE:
        raise Refused({"limit": f"takes 1 to {MOST_AT_ONCE}"})
    begin, end = read_moment("since", since), read_moment("until", until)
    if begin is None:
        raise Refused({"since": "is required"})
    wanted = redelivery.ReplayRequest(
        endpoint_id, begin, time.time() if end is None else end, cursor=after
    )
    step = redelivery.replay(wanted, limit)
    return {"sent_again": step.sent, "skipped": step.skipped, "last": step.cursor}


def _endpoint(listed: CheckedEndpoint) -> Shape:
    endpoint, broken = listed
    return {
        "id": endpoint.id,
        "url": effective.shown_url(endpoint),
        "events": listed.events,
        "format": listed.format,
        "is_active": bool(endpoint.is_active),
        "suspended_until": endpoint.suspended_until,
        "reason": broken or endpoint.disabled_reason or "",
        **endpoint_fields.shown(endpoint.attribute_values),
        "public_key": None if broken else public_keys.public_key_of(endpoint),
    }


_SHOWN = (
    "id",
    "endpoint_id",
    "event_type",
    "task_id",
    "status",
    "outcome",
    "tries",
    "created_at",
    "due_at",
)


def _delivery(row: Delivery) -> Shape:
    shown = summary_of(row)
    return {name: getattr(shown, name) for name in _SHOWN}
