"""Static files, and the files that browsers and robots request by convention."""

import base64
import functools
import gzip
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.web.content_codings import GZIPPED, accepts_gzip
from chalicelib.web.pages.templating import STATIC, static_path

blueprint = Blueprint(__name__)

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


_DAY = "public, max-age=86400"


@blueprint.route("/favicon.ico", methods=["GET", "HEAD"])
def favicon() -> Response:
    """Return the icon at its traditional path."""
    return _file("icon.svg", _DAY)


@blueprint.route("/robots.txt", methods=["GET", "HEAD"])
def robots() -> Response:
    """Exclude search engines: a link to "/" may contain a token."""
    headers: dict[str, str | list[str]] = {
        "Content-Type": "text/plain; charset=utf-8",
        "Cache-Control": _DAY,
    }
    return Response("User-agent: *\nDisallow: /\n", headers=headers)


@blueprint.route("/static/{version}/{name}", methods=["GET", "HEAD"])
def static(version: str, name: str) -> Response:
    """Return a file, cacheable for a year: its path changes with its content."""
    if name not in {path.name for path in STATIC.iterdir()}:
        return Response(
            "Not Found", status_code=404, headers={"Content-Type": "text/plain; charset=utf-8"}
        )
    # During a deployment the path may be of another version.
    is_newest = static_path(name) == f"/static/{version}/{name}"
    return _file(name, "public, max-age=31536000, immutable" if is_newest else "no-store")


class _Binary(Response):
    """An answer of bytes, which AWS and Chalice's gateway take as base64."""

    def to_dict(self, binary_types: list[str] | None = None) -> dict[str, Any]:
        """Return the answer of the Lambda."""
        answer: dict[str, Any] = super().to_dict(binary_types)
        body = base64.b64encode(self.body).decode()
        return answer | {"body": body, "isBase64Encoded": True}


def _file(name: str, kept: str) -> Response:
    headers: dict[str, str | list[str]] = {
        "Content-Type": _TYPES[(STATIC / name).suffix],
        "Cache-Control": kept,
        "X-Content-Type-Options": "nosniff",
    }
    asked = blueprint.current_request.headers
    # API Gateway decodes base64 only for requests that say what they accept.
    if asked.get("accept") and accepts_gzip(str(asked.get("accept-encoding", ""))):
        return _Binary(_gzipped(name), headers=headers | GZIPPED)
    return Response((STATIC / name).read_text(), headers=headers | {"Vary": "Accept-Encoding"})


@functools.cache
def _gzipped(name: str) -> bytes:
    return gzip.compress((STATIC / name).read_bytes())
