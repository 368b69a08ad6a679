"""An endpoint's page: its state, its fields, its secret, and a test."""

from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.domain import endpoint_fields, events, filters, formats, subscriptions
from chalicelib.domain.accounts import ADMINISTRATOR
from chalicelib.domain.endpoint_fields import FIELDS
from chalicelib.domain.errors import Refused
from chalicelib.services.deliveries import delivery_log, pinging
from chalicelib.services.endpoints import effective, endpoints, public_keys, signing
from chalicelib.services.endpoints.endpoints import CheckedEndpoint
from chalicelib.web.pages import editing, presenting
from chalicelib.web.pages.confirming import ask, is_sure
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.pages.rendering import page, redirect, render

blueprint = Blueprint(__name__)


def shown(listed: CheckedEndpoint) -> dict[str, Any]:
    """Return an endpoint as lists show it, with its state and its last failure."""
    endpoint, broken = listed
    failed = None if broken else delivery_log.last_failed(endpoint)
    return {
        "id": endpoint.id,
        "name": effective.display_name(endpoint),
        "url": endpoint.url,
        "events": subscriptions.subscribed_types(endpoint),
        "format": effective.format_of(endpoint),
        "is_active": endpoint.is_active,
        "is_broken": broken is not None,
        "filter_failure": _filter_failure(endpoint),
        "failed": {"id": failed.id, "reason": presenting.reason(failed)} if failed else None,
        **presenting.state_of(endpoint, broken),
    }


def _filter_failure(endpoint: Endpoint) -> dict[str, str] | None:
    failure = filters.last_failure(endpoint.filter, endpoint.filter_failure)
    return None if failure is None else {**failure._asdict(), "at": presenting.moment(failure.at)}


@page(blueprint, "/endpoints/{endpoint_id}", role=ADMINISTRATOR)
def endpoint_page(
    request: PageRequest,
    endpoint_id: str,
    errors: dict[str, str] | None = None,
    tested: Delivery | None = None,
) -> Response:
    """Show one endpoint in full; its secret only on request."""
    listed = endpoints.find_endpoint(presenting.decoded(endpoint_id))
    secret = (
        signing.secrets_of(listed.endpoint)[0]
        if request.get("show") == "secret" and not listed.broken
        else ""
    )
    texts = _texts(listed)
    return render(
        request,
        "endpoint.html",
        errors=errors,
        endpoint=shown(listed),
        secret=secret,
        public_key=None if listed.broken else public_keys.public_key_of(listed.endpoint),
        tested=presenting.delivery(tested) if tested else None,
        event_types=events.EVENT_TYPES,
        formats=[(name, f"{name}: {one.says}") for name, one in formats.FORMATS.items()],
        waiting=delivery_log.count_waiting(listed.endpoint.id),
        others=endpoints.same_url(listed.endpoint),
        fields=_fields(request, listed, texts),
        shown=editing.shown(texts),
    )


def _texts(listed: CheckedEndpoint) -> dict[str, str]:
    """Return the optional fields as the form shows them for editing."""
    values = listed.endpoint.attribute_values
    return {name: endpoint_fields.text_of(name, values) for name in FIELDS}


def _fields(
    request: PageRequest, listed: CheckedEndpoint, texts: dict[str, str]
) -> list[dict[str, Any]]:
    """Return the inputs of the optional fields, with what was typed where the form is refused."""
    typed = texts | editing.changed(request, texts)
    kept = endpoint_fields.shown(listed.endpoint.attribute_values)
    return [
        {"name": name, "kind": field.kind.value, "label": field.label, "hint": field.says}
        | {"text": typed[name], "kept": kept[name] if field.is_secret else None}
        | {"choices": field.choices}
        for name, field in FIELDS.items()
    ]


@page(blueprint, "/endpoints/{endpoint_id}", role=ADMINISTRATOR, on_error=endpoint_page)
def change_endpoint(request: PageRequest, endpoint_id: str) -> Response:
    """Handle the form's button."""
    name = presenting.decoded(endpoint_id)
    match request.get("do"):
        case "save":
            _save(request, name)
        case "test":
            return endpoint_page(request, endpoint_id, tested=pinging.ping(name))
        case "enable" | "disable" as verb:
            endpoints.set_active(name, is_active=verb == "enable")
        case "rotate" if not is_sure(request):
            return ask(
                request, "Rotate the secret?", "The old secret also signs for 24 hours.", "Rotate"
            )
        case "rotate":
            endpoints.rotate_secret(name)
            return redirect(request, f"/endpoints/{endpoint_id}", show="secret", done="saved")
        case "remove" if not is_sure(request):
            loss = f"Its secret is removed too, and {waiting_words(name)}."
            return ask(request, f"Remove the endpoint {name}?", loss)
        case "remove":
            endpoints.remove_endpoint(name)
            return redirect(request, "/settings", done="removed")
        case other:
            raise Refused({"do": f"takes no {other!r}"})
    return redirect(request, f"/endpoints/{endpoint_id}", done="saved")


def waiting_words(endpoint_id: str) -> str:
    """Describe the effect of a removal on the endpoint's pending deliveries."""
    count = delivery_log.count_waiting(endpoint_id)
    if not count:
        return "no delivery is pending"
    return f"{count:,} pending {'delivery' if count == 1 else 'deliveries'} will be given up"


def _save(request: PageRequest, name: str) -> None:
    wanted = [event for event in events.EVENT_TYPES if request.get(event)]
    if not wanted:
        raise Refused({"events": "takes at least one"})
    texts = _texts(endpoints.find_endpoint(name))
    changes = editing.changed(request, texts)
    editing.refuse_overtaken(request, changes, texts)
    fields = {field: endpoint_fields.typed(field, text) for field, text in changes.items()}
    url, body_format = request.get("url"), request.get("format")
    endpoints.change_endpoint(name, url, wanted, body_format, **fields)
