"""OpenAPI of the public keys, read from `web.keys`."""

from chalicelib.web.bodies import JSON
from chalicelib.web.keys import CACHED
from chalicelib.web.schemas.answers import answer, fields, shared
from chalicelib.web.schemas.types import Schema

_KEY: Schema = {"type": "string", "pattern": "^whpk_[A-Za-z0-9+/]{43}=$"}
_UNTIL: Schema = {
    "type": ["integer", "null"],
    "description": "Epoch seconds; null for a key in use.",
}


def path() -> Schema:
    """Return the path item."""
    keys: Schema = {"type": "array", "items": fields(key=_KEY, until=_UNTIL)}
    found = answer("The keys, those in use first.", {JSON: fields(keys=keys)})
    found["headers"]["Cache-Control"] = {
        "description": "It may be used again for a while.",
        "schema": {"const": CACHED},
    }
    says = {
        "operationId": "getKeys",
        "summary": "Read the public keys that verify v1a signatures",
        "tags": ["descriptions"],
        "security": [],
        "responses": {"200": found, "503": shared("Unavailable")},
    }
    return {"get": says}
