"""What is kept of a payload: the whole of it without secrets, or its beginning."""

import json
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from chalicelib.adapters.dynamodb.tables.payloads import Encoded, encoded, pack
from chalicelib.domain.redaction import redact, redact_whole, text_of
from chalicelib.domain.wishes import readable

LARGEST_WHOLE = 350 * 1024
"""Bytes of a payload that is kept whole, packed; of a larger one the beginning is."""
BEGINNING = 64 * 1024
"""Bytes of it."""


class Received(NamedTuple):
    """A payload that has proven itself, as it is carried out and kept."""

    source_id: str
    payload: Any
    headers: Mapping[str, str]
    query: Mapping[str, str]
    digest: str  # of the bytes as they were sent
    size: int
    delivery_id: str | None
    at: float  # epoch seconds
    secrets: Collection[str] = ()
    unread: str | None = None  # the body's text, where no payload could be made of it

    @property
    def seen(self) -> dict[str, Any]:
        """What expressions see of it."""
        return {"payload": self.payload, "headers": self.headers, "query": self.query}


def content_of(received: Received) -> dict[str, Any] | Encoded:
    """Return what is kept: `payload`, `headers` and `query`, or the `beginning` of a large one."""
    if received.unread is not None:
        return _beginning(received.unread, received.secrets)
    kept = received.seen
    text = encoded(kept)
    if len(text) > LARGEST_WHOLE and len(pack(text)) > LARGEST_WHOLE:
        return _beginning(json.dumps(received.payload, ensure_ascii=False), received.secrets)
    if redact_whole(text, received.secrets) == text:
        return text
    return {name: _redacted(value, received.secrets) for name, value in kept.items()}


def _beginning(text: str, hidden: Collection[str]) -> dict[str, str]:
    cut = readable(text[:BEGINNING]).encode()[:BEGINNING]
    is_cut = len(cut) < len(text.encode(errors="replace"))
    return {"beginning": redact(text_of(cut, is_cut=is_cut), "", hidden, is_cut=is_cut)}


def _redacted(value: Any, hidden: Collection[str]) -> Any:
    if isinstance(value, str):
        return redact_whole(value, hidden)
    if isinstance(value, list):
        return [_redacted(one, hidden) for one in value]
    if isinstance(value, dict):
        return {redact_whole(name, hidden): _redacted(one, hidden) for name, one in value.items()}
    # A secret of digits may stand as a number.
    return "[secret]" if any(secret in json.dumps(value) for secret in hidden) else value
