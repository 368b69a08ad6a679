"""The AsyncAPI 3 document (https://www.asyncapi.com/docs/reference/specification/v3.0.0)."""

import functools
from typing import Any

from chalicelib.domain.events import EVENT_TYPES, PING
from chalicelib.domain.formats import FORMATS
from chalicelib.web.schemas import sent
from chalicelib.web.schemas.openapi import INFO
from chalicelib.web.schemas.sample_events import samples
from chalicelib.web.schemas.types import Schema, of_values

_POST = {"http": {"method": "POST", "bindingVersion": "0.3.0"}}


@functools.cache
def document() -> dict[str, Any]:
    """Return the document: a channel for each format, with a message for each type of event.

    It takes 0.3 s, once for a process, and must not be changed.
    """
    return {
        "asyncapi": "3.0.0",
        "info": {**INFO, "description": "What Taskhook posts to the configured URLs."},
        "defaultContentType": "application/json",
        "channels": {name: _channel(name) for name in FORMATS},
        "operations": {f"send-{name}": _operation(name) for name in FORMATS},
        "components": {"messages": _messages(), "schemas": _schemas()},
    }


def _channel(name: str) -> Schema:
    messages = {
        event_type: {"$ref": f"#/components/messages/{name}.{event_type}"}
        for event_type in sent.types_of(name)
    }
    description = "The URL of an endpoint, which answers 200 to 299 in time."
    return {
        "address": None,
        "title": f"An endpoint of format {name}",
        "summary": FORMATS[name].says,
        "description": description,
        "messages": messages,
    }


def _operation(name: str) -> Schema:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{name}"},
        "summary": f"Tell an endpoint what happened: {FORMATS[name].says}",
        "bindings": _POST,
    }


def _messages() -> dict[str, Schema]:
    return {
        f"{name}.{event_type}": _message(name, event_type)
        for name in FORMATS
        for event_type in sent.types_of(name)
    }


def _message(name: str, event_type: str) -> Schema:
    message: Schema = {
        "name": event_type,
        "title": f"{event_type} as {name}",
        "contentType": FORMATS[name].content_type,
        "headers": {"$ref": "#/components/schemas/headers"},
    }
    if name == sent.CUSTOM:
        says = "What the endpoint's template makes of the event."
        return {**message, "payload": {"description": says}}
    bodies = sent.bodies(name, event_type)
    payload = of_values(bodies)
    if all(body.get("type") == event_type for body in bodies):
        payload["properties"]["type"] = {"const": event_type}
    return {**message, "payload": payload, "examples": [{"payload": bodies[0]}]}


def _schemas() -> dict[str, Schema]:
    """Return the schemas of the headers, and of the event that filters and templates see."""
    events = [event for event_type in (*EVENT_TYPES, PING) for event in samples(event_type)]
    return {"headers": sent.headers(), "event": of_values(events)}
