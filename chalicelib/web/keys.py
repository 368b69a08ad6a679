"""The public keys that verify what endpoints receive: `GET /keys`."""

import json
import time

from chalice.app import Blueprint, Response

from chalicelib.domain.errors import StoreUnavailable
from chalicelib.web import routing

blueprint = Blueprint(__name__)

CACHED = "public, max-age=60"
"""A receiver or a cache may use an answer again for so many seconds."""


@blueprint.route("/keys", methods=["GET", "HEAD"])
def keys() -> Response:
    """Return the public keys of the endpoints that sign with `v1a`."""
    from chalicelib.services.endpoints import public_keys  # noqa: PLC0415 -- an add has no need of it

    try:
        found = public_keys.published_keys(time.time())
    except StoreUnavailable as error:
        return routing.unavailable(blueprint.current_request, error)
    return Response(
        json.dumps({"keys": [{"key": key, "until": until} for key, until in found]}),
        headers={
            "Content-Type": "application/json",
            "Cache-Control": CACHED,
        },
    )
