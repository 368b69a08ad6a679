"""One payload: what was sent, what came of each item, and sending it again."""

from typing import Any

from chalice.app import Response

from chalicelib.domain.errors import NotFound
from chalicelib.services import repeats
from chalicelib.services.sources import payload_log, sources
from chalicelib.services.sources.outcomes import Outcome
from chalicelib.services.sources.payload_log import Detail
from chalicelib.web.pages import presenting, source_words
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.pages.rendering import redirect, render
from chalicelib.web.pages.source_preview import as_json


def show(
    request: PageRequest,
    source_id: str,
    payload_id: str,
    errors: dict[str, str] | None = None,
) -> Response:
    """Show a payload whole, or as much of it as is kept."""
    detail, name = _found(source_id, payload_id), presenting.decoded(source_id)
    content = detail.content
    return render(
        request,
        "payload.html",
        errors=errors,
        payload=source_words.payload(detail.summary),
        source_id=name,
        source_name=_name_of(name),
        items=[_item(one) for one in detail.outcomes],
        body=content.get("beginning") or as_json(content.get("payload", {})),
        is_whole="payload" in content,
        headers=content.get("headers") or {},
        query=content.get("query") or {},
    )


def _found(source_id: str, payload_id: str) -> Detail:
    """Return a payload of a source. Raises NotFound."""
    detail = payload_log.find_payload(presenting.decoded(payload_id))
    if detail.summary.source_id != presenting.decoded(source_id):
        raise NotFound(f"there is no payload {detail.summary.id[:100]} of this source")
    return detail


def _name_of(source_id: str) -> str:
    """Return the name of a source, "" where it was removed."""
    try:
        source = sources.find_source(source_id).source
    except NotFound:
        return ""
    return (source and source.name) or source_id


def _item(one: Outcome) -> dict[str, Any]:
    return {**one._asdict(), "tone": source_words.TONES.get(one.outcome, "off")}


def send_again(request: PageRequest, source_id: str, payload_id: str) -> Response:
    """Send a payload through the current mapping, once a click, and show what came of it."""
    detail = _found(source_id, payload_id)
    if repeats.is_first(request.form_key):
        payload_log.send_again(detail.summary.id)
    return redirect(request, f"/sources/{source_id}/payloads/{payload_id}", done="resent")
