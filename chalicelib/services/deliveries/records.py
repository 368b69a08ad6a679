"""The record of an attempt's answer: its text without secrets, cut to fit."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.domain import redaction, targets
from chalicelib.domain.endpoint_fields import HIDDEN
from chalicelib.domain.retries import Verdict
from chalicelib.services.endpoints import effective, signing

if TYPE_CHECKING:
    from chalicelib.adapters.http import transport

KEPT_BYTES = 1024
"""The part of an answer that is kept with each attempt."""

KEPT_OF_HEADERS = 512
"""Bytes of an answer's headers that are kept with each attempt."""

_DULL_HEADERS = {"connection", "content-length", "date", "keep-alive", "transfer-encoding"}
"""Those that say nothing about a receiver."""

_SECRET_HEADERS = {"set-cookie", "set-cookie2", "authorization", "authentication-info"}


class Hidden(NamedTuple):
    """Secrets that a receiver may repeat and no record may show."""

    token: str
    secrets: tuple[str, ...]


def hidden_of(endpoint: Endpoint, token: str, headers: Mapping[str, str]) -> Hidden:
    """Return the token, the signing secrets, and the secrets of its own headers and its URL."""
    secrets = [*signing.known_secrets(endpoint), *redaction.parts_of_headers(headers.values())]
    if effective.has_secret_url(endpoint):
        secrets += targets.secret_parts(endpoint.url)
    return Hidden(token, tuple(secrets))


def record_of(answer: "transport.Answer", verdict: Verdict, hidden: Hidden) -> dict[str, Any]:
    """Return the record of an answer."""
    is_cut = len(answer.body) >= KEPT_BYTES
    text = kept(redaction.text_of(answer.body, is_cut=is_cut), hidden, is_cut=is_cut)
    record = {"status": answer.status, "address": answer.address, "timings": answer.timings}
    if text:
        record["answer"] = text
    if lines := _header_lines(answer.headers, hidden):
        record["headers"] = lines
    if 300 <= answer.status <= 399:
        target = kept(answer.headers.get("location", "nowhere"), hidden)
        record["error"] = f"a redirect to {target}: redirects are not followed"
    if verdict is Verdict.GIVE_UP:
        record["error"] = f"{answer.status} with webhook-delivery: abort-message"
    return record


def _header_lines(headers: Mapping[str, str], hidden: Hidden) -> str:
    """Return the headers of an answer, one a line, as far as KEPT_OF_HEADERS; no cookie's value."""
    lines = [
        f"{name}: {HIDDEN if name in _SECRET_HEADERS else value}"
        for name, value in headers.items()
        if name not in _DULL_HEADERS
    ]
    return kept("\n".join(lines), hidden, KEPT_OF_HEADERS)


def failure(
    error: str, address: str = "", timings: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """Return the record of an attempt that has no answer."""
    return {"error": error, "address": address, "timings": timings or {}}


def kept(text: str, hidden: Hidden, most: int = KEPT_BYTES, *, is_cut: bool = False) -> str:
    """Return a receiver's text for the record: without secrets, cut to `most` bytes."""
    # Redact first: a cut could leave a part of a secret.
    words = redaction.redact(text, hidden.token, hidden.secrets, is_cut=is_cut)
    if 6 * len(words) <= most:  # a control character takes six bytes, any other fewer
        return words
    words = words.encode()[:most].decode(errors="ignore")
    while len(json.dumps(words, ensure_ascii=False).encode()) > most + 2:
        words = words[: len(words) * 3 // 4]
    return words
