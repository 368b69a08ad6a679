"""The gateway's own answers, with the texts configured for API Gateway on AWS."""

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from chalice.local import LocalGatewayException

from chalicelib.web.content_codings import GZIPPED, accepts_gzip

_TEMPLATE = Path(__file__).resolve().parent.parent / ".chalice" / "answers.json"
_ANSWERS: Mapping[str, Any] = json.loads(_TEMPLATE.read_text())["Resources"]["RestAPI"][
    "Properties"
]["GatewayResponses"]


class GatewayAnswer(LocalGatewayException):
    """An answer of the gateway's own."""

    def __init__(self, kind: str, status: int, headers: Mapping[str, str] | None = None) -> None:
        """Use the texts and headers of a gateway response, by AWS's name, and add headers."""
        answer = _ANSWERS[kind]
        own = {
            name: text.strip("'") for name, text in answer["ResponseParameters"]["Headers"].items()
        }
        super().__init__(
            own | dict(headers or {}), answer["ResponseTemplates"]["text/plain"].encode()
        )
        self.CODE = status


def not_found() -> GatewayAnswer:
    """Return the answer to an unknown path."""
    return GatewayAnswer("MISSING_AUTHENTICATION_TOKEN", 404)


def wrong_method(allowed: Iterable[str]) -> GatewayAnswer:
    """Return the answer to an unsupported method, which on AWS looks like a missing path."""
    answer = GatewayAnswer(
        "MISSING_AUTHENTICATION_TOKEN", 405, {"Allow": ", ".join(sorted(allowed))}
    )
    answer.body = (answer.body or b"").replace(b"Not Found", b"Method Not Allowed", 1)
    return answer


class UnreadBody(GatewayAnswer):
    """The answer to a request whose body was not read, so that the connection must close."""


def too_large() -> UnreadBody:
    """Return the answer to a body too large for API Gateway."""
    return UnreadBody("REQUEST_TOO_LARGE", 413)


def malformed(status: int = 400) -> UnreadBody:
    """Return the answer to a malformed request, or one whose body's length is unknown."""
    return UnreadBody("BAD_REQUEST_BODY", status)


def shutting_down() -> UnreadBody:
    """Return the answer to a request during shutdown."""
    return UnreadBody("DEFAULT_5XX", 503)


def broken() -> UnreadBody:
    """Return the answer after a failure of the application, as API Gateway answers for a Lambda."""
    return UnreadBody("DEFAULT_5XX", 502)


def other_host() -> LocalGatewayException:
    """Return the answer to a request for a host that is not this machine (RFC 9110, 15.5.20)."""
    words = (
        "This run accepts this machine only: open it as 127.0.0.1 or localhost, or start it with "
        "PUBLIC_URL set.\n"
    )
    refusal = UnreadBody("DEFAULT_4XX", 421)
    refusal.body = words.encode()
    return refusal


_WORTH_PACKING = 6 * 1024 * 1024
"""Bytes, more than API Gateway allows: on one machine, compressing shorter ones costs more."""


def packed(accepted: str, headers: Mapping[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """Return headers and body of an answer, compressed if it is long.

    Args:
        accepted: The caller's `Accept-Encoding` (RFC 9110, 12.5.3).
        headers: The headers.
        body: The body.
    """
    if len(body) < _WORTH_PACKING or not accepts_gzip(accepted):
        return {**headers}, body
    return {**headers, **GZIPPED}, gzip.compress(body, compresslevel=1)
