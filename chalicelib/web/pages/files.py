"""The files that pages bring along; their paths change with what is in them, so that they are kept for a year."""

from chalice.app import Blueprint, Response

from chalicelib.web.pages.rendering import STATIC, static_path

blueprint = Blueprint(__name__)

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@blueprint.route("/static/{version}/{name}", methods=["GET"])
def static(version: str, name: str) -> Response:
    """Return a file; there are no others than those that are packaged."""
    path = next((path for path in STATIC.iterdir() if path.name == name), None)
    if path is None:
        return Response("Not Found", status_code=404, headers={"Content-Type": "text/plain; charset=utf-8"})
    is_newest = static_path(name) == f"/static/{version}/{name}"  # not so for a moment while a new version is deployed
    headers: dict[str, str | list[str]] = {
        "Content-Type": _TYPES[path.suffix],
        "Cache-Control": "public, max-age=31536000, immutable" if is_newest else "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(path.read_text(), headers=headers)
