"""Parts of OpenAPI documents that several URLs share: answers and their headers."""

from collections.abc import Mapping
from typing import Any

from chalicelib.web.bodies import JSON
from chalicelib.web.schemas.types import TEXT, Schema

PLAIN = "text/plain"

HEADERS: dict[str, Schema] = {
    "Cache-Control": {"description": "Nothing may be cached.", "schema": {"const": "no-store"}},
    "X-Task-Id": {"description": "The id of the task.", "schema": {"type": "integer"}},
    "X-Failure-Reason": {
        "description": "`field: reason` for each fault, `; ` between.",
        "schema": TEXT,
    },
    "X-Ignored-Parameters": {"description": "What was not read.", "schema": TEXT},
    "Idempotent-Replayed": {
        "description": "This repeats the answer to an earlier request.",
        "schema": {"const": "true"},
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}},
    "WWW-Authenticate": {"description": "How to sign in.", "schema": TEXT},
}
"""Every header of an answer."""

_ALWAYS = ("Cache-Control",)


def answer(
    description: str, content: Mapping[str, Schema], required: tuple[str, ...] = (), *may: str
) -> Schema:
    """Return a response object.

    Args:
        description: When it is answered.
        content: The schema of the body by media type.
        required: The headers that it always has.
        may: The headers that it may have.
    """
    always = (*_ALWAYS, *required)
    headers: dict[str, Any] = {}
    for name in (*always, *may):
        headers[name] = {"$ref": f"#/components/headers/{name}"}
    for name in required:
        headers[name] = {**HEADERS[name], "required": True}
    shown = {kind: {"schema": schema} for kind, schema in content.items()}
    return {"description": description, "headers": headers} | ({"content": shown} if shown else {})


def said(text: str, fields: Schema) -> dict[str, Schema]:
    """Return the content of an answer that is a text, or JSON for those who accept it."""
    return {PLAIN: {"const": text}, JSON: fields}


def fields(**of: Schema) -> Schema:
    """Return the schema of an object that has exactly these fields."""
    return {
        "type": "object",
        "properties": of,
        "required": list(of),
        "additionalProperties": False,
    }


ERROR = fields(error=TEXT)

NOT_AUTHORIZED = answer(
    "The token is missing or wrong.",
    said("Not Authorized", fields(error={"const": "Not Authorized"})),
)
UNAVAILABLE = answer(
    "The store cannot be reached: try again.", said("FAILED", ERROR), ("Retry-After",)
)
SHARED = {"NotAuthorized": NOT_AUTHORIZED, "Unavailable": UNAVAILABLE}


def shared(name: str) -> Schema:
    """Return a reference to one of SHARED."""
    return {"$ref": f"#/components/responses/{name}"}
