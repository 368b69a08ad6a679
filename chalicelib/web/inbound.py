"""What a source's sender is answered; imported when the first one comes."""

import hashlib
import ipaddress
import json
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from chalice.app import Request, Response

from chalicelib.adapters import metrics
from chalicelib.domain.errors import NotAuthorized, StoreUnavailable
from chalicelib.domain.payloads import PayloadUnreadable
from chalicelib.domain.sources import Source
from chalicelib.domain.values import is_blank
from chalicelib.domain.verification import Sent, why_unproven, without_proof
from chalicelib.services.sources import known_sources, receiving
from chalicelib.services.sources.contents import BEGINNING, Received
from chalicelib.services.sources.known_sources import KnownSource
from chalicelib.services.sources.receipts import receipt_of
from chalicelib.services.sources.receiving import Answer
from chalicelib.web import cross_origin, payloads, routing
from chalicelib.web.bodies import FORM, JSON, MULTIPART
from chalicelib.web.content_codings import BodyRefused

_REPEATED_BY = ("webhook-id", "idempotency-key", "x-github-delivery", "x-gitea-delivery")
"""The headers in which senders name a payload; the first that is there counts."""

NOTHING: Mapping[str, Any] = {
    "created": [],
    "changed": [],
    "closed": [],
    "ignored": 1,
    "failed": [],
}


def answer(request: Request, source_id: str) -> Response:
    """Return the answer to a request for a source."""
    begun, source_id = time.monotonic(), unquote(source_id)
    if request.method == "OPTIONS":
        preflight = cross_origin.preflight_headers(request, _known(source_id))
        return Response("", status_code=204, headers={**preflight})
    said = _answer(request, source_id, begun)
    if said.status >= 400 and said.status != 503:  # the store was away, or the payload is kept
        _keep(request, source_id, said)
    reasons = _reasons(said)
    if reasons:
        reason = routing.in_header("; ".join(reasons))
        said = said._replace(headers={**said.headers, "X-Failure-Reason": reason})
    if "origin" not in request.headers and not _is_form_of_browser(request):
        return _as_json(said, said.headers)
    source = _known(source_id)
    headers = {**said.headers, **cross_origin.headers_for(request, source)}
    if _is_form_of_browser(request):
        from chalicelib.web import form_answers  # noqa: PLC0415 -- it brings the pages along

        return form_answers.answer(request, said, source, headers, reasons)
    return _as_json(said, headers)


def _keep(request: Request, source_id: str, said: Answer) -> None:
    from chalicelib.web import refusals  # noqa: PLC0415 -- most requests are not refused

    def why() -> str:
        if said.status != 401:
            return str(said.body["error"])
        source = _known(source_id)
        return "there is no such source" if source is None else _why_unproven(source)

    is_known, query = said.status != 401, routing.query_of(request)
    refusals.keep(request, refusals.Refusing(said.status, why, is_known, lambda: query))


def _why_unproven(source: Source) -> str:
    if is_blank(source.secret) and source.verify != "none":
        return "the source has no secret yet"
    return why_unproven(source.verify)


def _reasons(said: Answer) -> list[str]:
    if "error" in said.body:
        return [str(said.body["error"])]
    return [str(reason) for reason in said.body["failed"]]


def _as_json(said: Answer, headers: Mapping[str, str]) -> Response:
    given: dict[str, Any] = {"Content-Type": JSON, **headers}
    return Response(json.dumps(said.body), status_code=said.status, headers=given)


def _known(source_id: str) -> Source | None:
    try:
        return known_sources.known_source(source_id)
    except StoreUnavailable:
        return None


def _is_form_of_browser(request: Request) -> bool:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_form = request.method == "POST" and content_type in {FORM, MULTIPART, "text/plain"}
    return is_form and "text/html" in request.headers.get("accept", "").lower()


def _answer(request: Request, source_id: str, begun: float) -> Answer:
    sent = _sent(request)
    try:
        known = known_sources.proven_source(source_id, sent)
        source = known.source
        if not source.is_active:
            return Answer(403, {"error": "this source is disabled"}, {})
        if cross_origin.is_refused(request, source):
            return Answer(403, {"error": "this source takes nothing from this origin"}, {})
        return _carry_out(request, known, sent, begun)
    except NotAuthorized as error:
        metrics.count("RefusedForToken")
        return Answer(401, {"error": str(error)}, {})
    except BodyRefused as refusal:
        return Answer(refusal.status, {"error": str(refusal)}, {})
    except StoreUnavailable as error:
        metrics.count("RefusedForStore")
        return Answer(503, {"error": str(error)}, {"Retry-After": "1"})


def _carry_out(request: Request, known: KnownSource, sent: Sent, begun: float) -> Answer:
    try:
        payload = payloads.payload_of(request)
    except PayloadUnreadable as error:
        return receiving.refuse(receipt_of(_unread(known.source, sent)), 400, str(error))
    if isinstance(payload, dict) and _is_filled(payload.get("_gotcha")):
        return Answer(200, NOTHING, {})
    return receiving.receive(known, _received(known.source, sent, payload), begun)


def _is_filled(value: Any) -> bool:
    """Tell whether somebody wrote into the trap; a form may have it twice."""
    if isinstance(value, list):
        return any(map(_is_filled, value))
    return not is_blank(value) if isinstance(value, str) else bool(value)


def _sent(request: Request) -> Sent:
    headers = {}
    for name, text in (request.to_original_event()["headers"] or {}).items():
        headers[name.lower()] = text if text.isascii() else routing.header_of(request, name) or ""
    body = cast(bytes, request.raw_body or b"")  # Chalice's hint says str too
    return Sent(
        headers, routing.query_of(request), body, time.time(), _is_from_loopback(request, headers)
    )


def _is_from_loopback(request: Request, headers: Mapping[str, str]) -> bool:
    """Tell whether a request comes from this machine, by its own name and through no proxy."""
    if {"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"} & headers.keys():
        return False
    peer = str(request.context.get("identity", {}).get("sourceIp", ""))
    return _is_loopback(peer) and _is_loopback(_host_of(headers.get("host", "")))


@lru_cache(maxsize=256)
def _host_of(header: str) -> str:
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


@lru_cache(maxsize=256)
def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _unread(source: Source, sent: Sent) -> Received:
    text = sent.body[:BEGINNING].decode(errors="replace")
    return _received(source, sent, None)._replace(unread=text)


def _received(source: Source, sent: Sent, payload: Any) -> Received:
    return Received(
        source_id=source.id,
        payload=payload,
        headers=without_proof(source.verify, sent.headers),
        query=without_proof(source.verify, sent.query),
        digest=hashlib.sha256(sent.body).hexdigest(),
        size=len(sent.body),
        delivery_id=_delivery_id_of(source, sent.headers),
        at=sent.now,
        secrets=source.secrets(sent.now),
    )


def _delivery_id_of(source: Source, headers: Mapping[str, str]) -> str | None:
    for name in _REPEATED_BY:
        if name in headers and not is_blank(headers[name]):
            return headers[name]
    request_id = headers.get("request-id", "")
    is_sentry = "sentry" in {source.verify, source.preset}
    return request_id if is_sentry and not is_blank(request_id) else None
