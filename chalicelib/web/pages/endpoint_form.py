"""The form of an endpoint, for a new one and for one that exists."""

from typing import Any

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.domain import chats, endpoint_fields, events, formats, subscriptions
from chalicelib.domain.endpoint_fields import FIELDS
from chalicelib.domain.errors import Refused
from chalicelib.services.endpoints import effective, endpoints
from chalicelib.web.pages import editing
from chalicelib.web.pages.page_request import PageRequest

OFTEN_USED = ("name", "filter", "template")
"""The fields that are not folded."""

URL_EXAMPLES = {
    "slack": "https://hooks.slack.com/services/...",
    "mattermost": "https://HOST/hooks/...",
    "discord": "https://discord.com/api/webhooks/...?wait=true",
    "teams": "the URL of a workflow that starts at a webhook request",
    "ntfy": "https://ntfy.sh/TOPIC",
    "telegram": "https://api.telegram.org/botTOKEN/sendMessage?chat_id=ID",
}
"""Which URL each chat takes."""

NEW = Endpoint("new", url="")
"""The endpoint that the form of a new one begins with."""


def values_of(request: PageRequest, endpoint: Endpoint = NEW) -> dict[str, Any]:
    """Return what the form shows: what was typed where it was sent, else what the endpoint has."""
    texts = texts_of(endpoint)
    is_typed = "url" in request.values
    return {
        "url": request.get("url") if is_typed else endpoint.url,
        "events": typed_events(request) if is_typed else subscriptions.subscribed_types(endpoint),
        "format": request.get("format") if is_typed else effective.format_of(endpoint),
        "fields": _fields(endpoint, texts | editing.changed(request, texts)),
        "shown": editing.shown(texts),
        "event_types": events.EVENT_TYPES,
        "formats": [(name, f"{name}: {one.says}") for name, one in formats.FORMATS.items()],
        "chats": [_chat(name) for name in chats.NAMES],
        "known": ["url", "events", "format", *FIELDS],
    }


def _chat(name: str) -> dict[str, str]:
    known = chats.chat(name)
    return {"title": known.title, "url": URL_EXAMPLES[name], "documentation": known.documentation}


def _fields(endpoint: Endpoint, typed: dict[str, str]) -> list[dict[str, Any]]:
    """Return the inputs of the optional fields."""
    kept = endpoint_fields.shown(endpoint.attribute_values)
    return [
        {
            "name": name,
            "kind": field.kind.value,
            "label": field.label,
            "hint": field.says[:1].upper() + field.says[1:],
        }
        | {"text": typed[name], "kept": kept[name] if field.is_secret else None}
        | {"choices": field.choices, "is_often_used": name in OFTEN_USED}
        for name, field in FIELDS.items()
    ]


def texts_of(endpoint: Endpoint) -> dict[str, str]:
    """Return the optional fields as the form shows them for editing."""
    return {name: endpoint_fields.text_of(name, endpoint.attribute_values) for name in FIELDS}


def typed_events(request: PageRequest) -> list[str]:
    """Return the types of events that are ticked."""
    return [event for event in events.EVENT_TYPES if request.get(event)]


def add(request: PageRequest) -> str:
    """Make an endpoint of the form, and return its id.

    The id comes of the form's key: the same form twice finds the endpoint that it has made.

    Raises:
        Refused: A field is invalid.
    """
    wanted = _wanted_events(request)
    texts = {name: request.get(name) for name in FIELDS if request.get(name)}
    fields = {name: endpoint_fields.typed(name, text) for name, text in texts.items()}
    key = request.form_key
    made_id = f"ep_{key[:12]}" if key else None
    try:
        url, body_format = request.get("url"), request.get("format")
        return str(endpoints.add_endpoint(url, wanted, body_format, made_id, **fields).id)
    except Refused as refusal:
        if made_id is None or refusal.reasons.keys() != {"id"}:
            raise
    return made_id


def save(request: PageRequest, name: str) -> None:
    """Save what the form changes of an endpoint.

    Raises:
        NotFound: There is no such endpoint.
        Refused: A field is invalid, or somebody else has changed it.
    """
    wanted = _wanted_events(request)
    texts = texts_of(endpoints.find_endpoint(name).endpoint)
    changes = editing.changed(request, texts)
    editing.refuse_overtaken(request, changes, texts)
    fields = {field: endpoint_fields.typed(field, text) for field, text in changes.items()}
    url, body_format = request.get("url"), request.get("format")
    endpoints.change_endpoint(name, url, wanted, body_format, **fields)


def _wanted_events(request: PageRequest) -> list[str]:
    if wanted := typed_events(request):
        return wanted
    raise Refused({"events": "takes at least one"})
