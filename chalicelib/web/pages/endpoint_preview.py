"""What an endpoint would be sent, beside the form in which it is typed; nothing is sent."""

import json
from typing import Any

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.domain import endpoint_fields
from chalicelib.domain.errors import NotFound, NotMade, Refused, TargetRefused
from chalicelib.domain.event_objects import EventObject
from chalicelib.domain.events import EVENT_TYPES
from chalicelib.services.deliveries import previewing
from chalicelib.services.deliveries.previewing import Preview
from chalicelib.services.endpoints import effective, faults
from chalicelib.web import routing
from chalicelib.web.pages import editing, endpoint_form, presenting
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.schemas import sample_events

EXAMPLE = "example:"
"""How the ids of made-up events begin."""

LONGEST = 64 * 1024
"""Characters of a body that are shown."""

_LABELS = {"url": "URL", "events": "Events", "format": "Body"} | {
    name: field.label for name, field in endpoint_fields.FIELDS.items()
}


def choices() -> dict[str, str]:
    """Return the events that may be previewed, by what a form calls them: real ones first."""
    recent = {one.id: _said(one) for one in previewing.recent_events()}
    return recent | {EXAMPLE + name: f"Example: {name}" for name in EVENT_TYPES}


def _said(one: previewing.Recent) -> str:
    task = f" #{one.task_id}" if one.task_id else ""
    return f"{one.type}{task}, {presenting.moment(one.happened_at)[5:]}"


def beside(request: PageRequest, endpoint: Endpoint) -> dict[str, Any]:
    """Return what a page shows beside the form."""
    known = choices()
    event_id = chosen(request, known)
    made = of(request, endpoint, event_id)
    return {"choices": known, "chosen": event_id, "preview": made}


def chosen(request: PageRequest, known: dict[str, str]) -> str:
    """Return the id of the event to show: the chosen one, else the newest."""
    wanted = request.get("from")
    return wanted if wanted in known else next(iter(known))


def of(request: PageRequest, endpoint: Endpoint, event_id: str) -> dict[str, Any]:
    """Return the preview of an endpoint with what is typed, as the page shows it."""
    try:
        typed = _typed(request, endpoint)
        made = previewing.preview(typed, _event(event_id))
    except Refused as refusal:
        return _mistakes(refusal.reasons)
    except TargetRefused as error:
        return _mistakes({"url": str(error)})
    except NotMade as error:
        return _mistakes({"": str(error)})
    return {"says": _says(made), "mistakes": {}, "body": _pretty(made.body)} | {
        "headers": made.headers,
        "filter_failure": made.filter_failure,
    }


def _mistakes(reasons: dict[str, str]) -> dict[str, Any]:
    mistakes = {_LABELS.get(name, "Body"): reason for name, reason in reasons.items()}
    return {"says": "No body yet", "mistakes": mistakes, "body": "", "headers": []} | {
        "filter_failure": ""
    }


def _event(event_id: str) -> EventObject:
    if event_id.startswith(EXAMPLE):
        return sample_events.samples(event_id.removeprefix(EXAMPLE))[0]
    try:
        return previewing.find_event(event_id)
    except NotFound as error:
        raise Refused({"events": "this one is not kept any more"}) from error


def _typed(request: PageRequest, endpoint: Endpoint) -> Endpoint:
    """Return the endpoint with what the form says; it is not saved. Raises Refused."""
    values = dict(endpoint.attribute_values)
    if "url" in request.values:
        values |= _typed_values(request, endpoint)
    typed = Endpoint(**{name: value for name, value in values.items() if value is not None})
    fault = faults.fault_of(typed) or ""
    field, _, reason = fault.partition(": ")
    if fault and (field != "url" or request.get("url")):
        raise Refused({field: reason})
    return typed


def _typed_values(request: PageRequest, endpoint: Endpoint) -> dict[str, Any]:
    changes = editing.changed(request, endpoint_form.texts_of(endpoint))
    fields = {name: endpoint_fields.typed(name, text) for name, text in changes.items()}
    url = request.get("url")
    return endpoint_fields.read_given(fields) | {
        "url": endpoint.url if url == effective.shown_url(endpoint) else url,
        "format": request.get("format"),
        "events": set(endpoint_form.typed_events(request)) or None,
    }


def _says(made: Preview) -> str:
    if not made.is_subscribed:
        return "Not sent: this type of event is not ticked"
    if not made.is_wanted:
        return "Not sent: the filter is not true"
    return "Sent, though the filter fails" if made.filter_failure else "Sent"


def _pretty(body: str) -> str:
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:  # a text of format custom
        text = body
    return routing.printable(text[:LONGEST])
