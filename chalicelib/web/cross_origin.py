"""CORS: pages of other origins may send to a source ( https://fetch.spec.whatwg.org/#http-cors-protocol)."""

import re

from chalice.app import Request

from chalicelib.domain.sources import Source

PREFLIGHT_AGE = 600
"""Seconds for which a browser may cache a preflight."""

_NAMES = re.compile(r"[A-Za-z0-9-]{1,64}(?:\s*,\s*[A-Za-z0-9-]{1,64}){0,49}")


def is_refused(request: Request, source: Source) -> bool:
    """Tell whether a request's origin is refused; a source without origins accepts all."""
    origin = request.headers.get("origin")
    return bool(source.origins) and origin is not None and not _is_named(origin, source)


def headers_for(request: Request, source: Source | None) -> dict[str, str]:
    """Return the CORS headers for the source's origins; errors carry them too."""
    if source is None or not source.origins:
        return {}
    origin = request.headers.get("origin")
    if origin is None or not _is_named(origin, source):
        return {"Vary": "Origin"}
    return {
        "Vary": "Origin",
        "Access-Control-Allow-Origin": "*" if "*" in source.origins else origin,
        "Access-Control-Expose-Headers": "Idempotent-Replayed, Retry-After",
    }


def preflight_headers(request: Request, source: Source | None) -> dict[str, str]:
    """Return the headers of the answer to a preflight."""
    headers = headers_for(request, source)
    if "Access-Control-Allow-Origin" not in headers:
        return headers
    asked = request.headers.get("access-control-request-headers", "")
    return headers | {
        "Access-Control-Allow-Methods": "POST, PUT",
        "Access-Control-Allow-Headers": asked if _NAMES.fullmatch(asked) else "Content-Type",
        "Access-Control-Max-Age": str(PREFLIGHT_AGE),
    }


def _is_named(origin: str, source: Source) -> bool:
    return "*" in source.origins or origin in source.origins
