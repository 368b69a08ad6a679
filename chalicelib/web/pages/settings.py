"""The settings page: tokens, URLs to call, endpoints."""

from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.domain import endpoint_fields, events, filters, formats, subscriptions
from chalicelib.domain.accounts import ADMINISTRATOR
from chalicelib.domain.endpoint_fields import FIELDS
from chalicelib.domain.errors import Refused
from chalicelib.services.accounts import settings
from chalicelib.services.deliveries import delivery_log, pinging
from chalicelib.services.endpoints import effective, endpoints, public_keys, signing, url_lists
from chalicelib.services.endpoints.endpoints import CheckedEndpoint
from chalicelib.web.pages import editing, presenting
from chalicelib.web.pages.confirming import ask, is_sure
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.pages.rendering import page, redirect, render

blueprint = Blueprint(__name__)


@page(blueprint, "/settings", role=ADMINISTRATOR)
def settings_page(request: PageRequest, errors: dict[str, str] | None = None) -> Response:
    """Show the settings; a token only on request."""
    kept = settings.read()
    listed = endpoints.list_endpoints()
    lists = _lists(listed)
    names = presenting.disambiguate(
        {str(one.endpoint.id): effective.display_name(one.endpoint) for one in listed}
    )
    tokens = {name: settings.token_in(kept, name) for name in ("webhook_token", "api_token")}
    shown_token = {name: tokens[name] for name in tokens.keys() & {request.get("show")}}
    return render(
        request,
        "settings.html",
        errors=errors,
        tokens={**dict.fromkeys(tokens, ""), **shown_token},
        why_off={name: settings.why_off(kept, name) for name in tokens},
        urls=lists | (editing.changed(request, lists) if errors else {}),
        shown=editing.shown(lists),
        endpoints=[_shown(one) | {"name": names[str(one.endpoint.id)]} for one in listed],
    )


def _lists(listed: list[CheckedEndpoint]) -> dict[str, str]:
    """Return the subscribed URLs of each event as the form shows them, one per line."""
    urls: dict[str, list[str]] = {event: [] for event in events.SEED_TYPES}
    for endpoint in (one.endpoint for one in listed if url_lists.is_listed(one)):
        for event in urls.keys() & subscriptions.subscribed_types(endpoint):
            urls[event].append(str(endpoint.url))
    return {event: "\n".join(its_urls) for event, its_urls in urls.items()}


def _shown(listed: CheckedEndpoint) -> dict[str, Any]:
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


@page(blueprint, "/settings/token", role=ADMINISTRATOR, on_error=settings_page)
def reset_token(request: PageRequest) -> Response:
    """Replace a token."""
    rotate = {
        "webhook_token": settings.rotate_webhook_token,
        "api_token": settings.rotate_api_token,
    }
    name = request.get("name")
    if name not in rotate:
        raise Refused({"name": "takes webhook_token or api_token"})
    if not is_sure(request):
        question = f"Reset the {name.replace('_', ' ').replace('api', 'API')}?"
        return ask(
            request,
            question,
            "Requests with the old one are refused from then on.",
            "Reset",
            back="/settings",
        )
    rotate[name]()
    return redirect(request, "/settings", show=name, done="reset")


@page(blueprint, "/settings/urls", role=ADMINISTRATOR, on_error=settings_page)
def save_urls(request: PageRequest) -> Response:
    """Replace the subscribed URLs; ask for confirmation before removing endpoints."""
    lists = _lists(endpoints.list_endpoints())
    changes = editing.changed(request, lists)
    editing.refuse_overtaken(request, changes, lists)
    wanted = {
        event: [line.strip() for line in text.splitlines()] for event, text in changes.items()
    }
    gone = [] if is_sure(request) else url_lists.removed_by(wanted)
    if gone:
        loss = "\n\n".join(
            f"{effective.display_name(one)}: its secret is removed too, and {_waiting(one.id)}."
            for one in gone
        )
        return ask(request, "Remove these endpoints?", loss, "Save", back="/settings")
    url_lists.replace_subscribed_urls(wanted, form_key=request.form_key)
    return redirect(request, "/settings", done="saved")


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
        endpoint=_shown(listed),
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
                request, "Rotate the secret?", "The old one also signs for 24 hours.", "Rotate"
            )
        case "rotate":
            endpoints.rotate_secret(name)
            return redirect(request, f"/endpoints/{endpoint_id}", show="secret", done="saved")
        case "remove" if not is_sure(request):
            loss = f"Its secret is removed too, and {_waiting(name)}."
            return ask(request, f"Remove the endpoint {name}?", loss)
        case "remove":
            endpoints.remove_endpoint(name)
            return redirect(request, "/settings", done="removed")
        case other:
            raise Refused({"do": f"takes no {other!r}"})
    return redirect(request, f"/endpoints/{endpoint_id}", done="saved")


def _waiting(endpoint_id: str) -> str:
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
