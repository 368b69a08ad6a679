"""Endpoints: the configured URLs that receive events of tasks."""

import logging
import secrets
import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from chalicelib.adapters import log
from chalicelib.adapters.dynamodb.store import ConditionFailed, translating_store_errors
from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.domain import events, subscriptions
from chalicelib.domain.endpoint_fields import read_given
from chalicelib.domain.errors import NotFound, Refused, RowBroken
from chalicelib.domain.tasks import read_text
from chalicelib.services.endpoints import signing, token_sending
from chalicelib.services.endpoints.effective import format_of, shown_url
from chalicelib.services.endpoints.faults import fault_of, refuse_unusable


class CheckedEndpoint(NamedTuple):
    """An endpoint's row, and the reason why it is unusable (None: it is usable)."""

    endpoint: Endpoint
    broken: str | None

    @property
    def events(self) -> list[str]:
        """The types of events that it receives; of a broken row those that it names."""
        if self.broken is None:
            return subscriptions.subscribed_types(self.endpoint)
        return sorted(self.endpoint.events or ())

    @property
    def format(self) -> str:
        """The format of its bodies; of a broken row the one that it names, or ""."""
        return format_of(self.endpoint) if self.broken is None else str(self.endpoint.format or "")


def list_endpoints() -> list[CheckedEndpoint]:
    """Return all endpoints by id, unusable ones included."""
    return sorted(
        (_read(row) for row in Endpoint.raw_rows()), key=lambda listed: str(listed.endpoint.id)
    )


def usable_endpoints() -> list[Endpoint]:
    """Return the active and usable endpoints; log each broken one once."""
    return usable_among(list_endpoints())


def usable_among(listed: Iterable[CheckedEndpoint]) -> list[Endpoint]:
    """Return those of some endpoints that `usable_endpoints` returns."""
    usable = []
    for endpoint, broken in listed:
        if broken is None and endpoint.is_active:
            usable.append(endpoint)
        elif broken is not None:
            log.once("endpoint_broken", logging.ERROR, endpoint_id=endpoint.id, reason=broken)
    return usable


def _read(row: Any) -> CheckedEndpoint:
    try:
        endpoint = Endpoint.from_raw_data(row)
    except RowBroken as error:
        found: dict[str, Any] = {"id": "?", "url": ""}
        found |= {name: str(row[name].get("S", "?")) for name in (*found, "format") if name in row}
        return CheckedEndpoint(Endpoint(**found), f"cannot be read: {error.reason}")
    return CheckedEndpoint(endpoint, fault_of(endpoint))


def add_endpoint(  # noqa: PLR0913 -- what an endpoint may have
    url: str,
    event_types: Iterable[str] = (),
    body_format: str | None = None,
    endpoint_id: str | None = None,
    secret: str | None = None,
    *,
    is_active: bool = True,
    **fields: Any,
) -> Endpoint:
    """Add an endpoint.

    Args:
        url: Where to POST.
        event_types: The events to send; none means `events.SEED_TYPES`.
        body_format: One of `formats.FORMATS`; None means the default.
        endpoint_id: None means a random one.
        secret: `whsec_` and base64, with `signing` v1a `whsk_` and base64; None means a random one.
        is_active: False: nothing is sent to it until it is enabled.
        fields: Any of `endpoint_fields.FIELDS`; None and "" mean absent.

    Raises:
        Refused: A field is invalid, or the id is taken.
    """
    given = _fields_of_new(body_format, secret, fields)
    its_id = _usable_id("ep_" + secrets.token_hex(6) if endpoint_id is None else endpoint_id)
    given |= {"events": set(event_types) or None, "format": body_format, "is_active": is_active}
    endpoint = Endpoint(its_id, url=url, **given)
    refuse_unusable(endpoint)
    return _saved_new(endpoint)


def _fields_of_new(
    body_format: str | None, secret: str | None, fields: Mapping[str, Any]
) -> dict[str, Any]:
    given = {name: value for name, value in read_given(fields).items() if value is not None}
    given |= signing.first_secrets(signing.scheme_in(given), secret)
    return {"send_token": token_sending.said_by_default(body_format)} | given


def _usable_id(text: str) -> str:
    if not 0 < len(text) <= 100 or "/" in text or text in {".", ".."}:
        raise Refused({"id": "takes 1 to 100 characters without a slash"})
    return read_text("id", text)


def _saved_new(endpoint: Endpoint) -> Endpoint:
    from chalicelib.adapters.dynamodb.tables import delivery_lists  # noqa: PLC0415 -- a list of endpoints needs none

    if delivery_lists.any_due_at(endpoint.id):  # left by a removed endpoint with that id
        endpoint.waiting_since = round(time.time(), 3)
    try:
        with translating_store_errors():
            endpoint.save(condition=Endpoint.id.does_not_exist())
    except ConditionFailed as error:
        # The client repeats a write whose answer was lost: then the existing row is our own.
        kept = Endpoint(endpoint.id)
        if not kept.read_again() or kept.secret != endpoint.secret:
            raise Refused({"id": "is taken"}) from error
    return endpoint


def change_endpoint(
    endpoint_id: str,
    url: str | None = None,
    event_types: Iterable[str] | None = None,
    body_format: str | None = None,
    secret: str | None = None,
    **fields: Any,
) -> None:
    """Change the given fields of an endpoint.

    Pending deliveries go to its new URL. A replaced secret keeps signing for 24 h. In
    `endpoint_fields.FIELDS` None keeps a field, and "" removes it. Another format resets
    `send_token` to its default, unless it is given.

    Raises:
        NotFound: There is no such endpoint.
        Refused: A field is invalid.
    """
    endpoint = find_endpoint(endpoint_id).endpoint
    new_url = None if url == shown_url(endpoint) else url  # a caller may return the shown form
    changes: dict[str, Any] = {"url": new_url, "format": body_format}
    changes["events"] = None if event_types is None else set(event_types) or set(events.SEED_TYPES)
    changes = {name: value for name, value in changes.items() if value is not None}
    changes |= _changed_fields(endpoint, body_format, fields)
    scheme = signing.scheme_in({**endpoint.attribute_values, **changes})
    changes |= signing.changed_secrets(endpoint, scheme, secret)
    refuse_unusable(Endpoint(**{**endpoint.attribute_values, **changes}))
    if changes:
        _set_fields(endpoint, changes)


def _changed_fields(
    endpoint: Endpoint, body_format: str | None, fields: Mapping[str, Any]
) -> dict[str, Any]:
    given = read_given({name: value for name, value in fields.items() if value is not None})
    new_format = body_format or format_of(endpoint)
    # With another format the token that adds tasks must be granted again.
    is_reset = given.get("send_token", False) is None
    if is_reset or ("send_token" not in given and new_format != format_of(endpoint)):
        given["send_token"] = token_sending.said_by_default(new_format)
    return given


def _set_fields(endpoint: Endpoint, changes: Mapping[str, Any]) -> None:
    try:
        endpoint.set_fields(changes)
    except ConditionFailed:
        is_done = endpoint.read_again() and all(
            getattr(endpoint, name) == value for name, value in changes.items()
        )
        if not is_done:  # otherwise the answer to our own write was lost
            raise


def ids_of_all() -> list[str]:
    """Return the ids of all endpoints, unusable ones included."""
    return [str(listed.endpoint.id) for listed in list_endpoints()]


def find_endpoint(endpoint_id: str) -> CheckedEndpoint:
    """Return an endpoint.

    Raises:
        NotFound: There is none.
    """
    for listed in list_endpoints():
        if listed.endpoint.id == endpoint_id:
            return listed
    raise NotFound(f"there is no endpoint {endpoint_id}")


def same_url(endpoint: Endpoint) -> list[str]:
    """Return the ids of the other endpoints with the URL of this one."""
    return [
        one.id for one, _ in list_endpoints() if one.url == endpoint.url and one.id != endpoint.id
    ]


def set_active(endpoint_id: str, *, is_active: bool) -> None:
    """Enable or disable an endpoint, and reset its circuit breaker. Raises NotFound."""
    find_endpoint(endpoint_id).endpoint.switch(is_active=is_active)


def disable(endpoint: Endpoint, reason: str) -> bool:
    """Disable an endpoint and store the reason, once, even if many attempts find it.

    False: another process has.
    """
    try:
        endpoint.switch(is_active=False, reason=reason)
    except ConditionFailed:
        endpoint.is_active = False
        return False
    log.event("endpoint_disabled", logging.ERROR, endpoint_id=endpoint.id, reason=reason)
    return True


def remove_endpoint(endpoint_id: str) -> None:
    """Remove an endpoint; its deliveries stay until they expire. Raises NotFound."""
    endpoint = find_endpoint(endpoint_id).endpoint
    with translating_store_errors():
        endpoint.delete()


def rotate_secret(endpoint_id: str) -> str:
    """Give an endpoint a new secret, or key pair, and return it. Raises NotFound.

    The old one keeps signing for 24 h.
    """
    endpoint = find_endpoint(endpoint_id).endpoint
    scheme = signing.scheme_of(endpoint)
    new = signing.new_secret(scheme)
    _set_fields(endpoint, signing.rotated(endpoint, new, scheme))
    return new
