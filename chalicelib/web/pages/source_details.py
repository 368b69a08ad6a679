"""One source: its address and secret, what it has sent, its mapping with a preview, its fields."""

import hashlib
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from chalice.app import Response

from chalicelib.domain.presets import Preset, preset
from chalicelib.domain.sources import EXPRESSIONS, Source
from chalicelib.services.sources import payload_log, sources
from chalicelib.web.pages import (
    editing,
    presenting,
    source_list,
    source_mapping,
    source_preview,
    source_words,
    times,
)
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.pages.rendering import NOTICES, render

PAGE_SIZE = 20
"""Payloads."""


def show(
    request: PageRequest, source_id: str, errors: dict[str, str] | None = None, **more: Any
) -> Response:
    """Show a source; its secret only where it is asked for, in full or within its address."""
    listed = sources.find_source(presenting.decoded(source_id))
    before = request.number("place") / 1000 if request.get("place") else None
    errors = source_mapping.placed(errors or {})
    shown: dict[str, Any] = {
        "id": listed.id,
        **_payloads(listed.id, before),
        "sent_again": _sent_again(request),
        **_notice_of_mapping(request),
        **source_words.state_of(listed),
        **more,
    }
    if listed.source is None:
        return render(request, "source.html", errors=errors, source=None, name=listed.id, **shown)
    newest = payload_log.list_payloads(listed.id, 10)
    whole = {**_connect(request, listed.source), **_mapping(request, listed.source, newest)}
    whole |= _settings(request, listed.source, is_typed=bool(errors))
    return render(request, "source.html", errors=errors, source=listed.source, **shown, **whole)


def _payloads(source_id: str, before: float | None) -> dict[str, Any]:
    """Return a page of the payloads of a source, and what came of those of a day."""
    figures = payload_log.figures(source_id, time.time())
    payloads = payload_log.list_payloads(source_id, PAGE_SIZE + 1, before)
    outcomes = payload_log.outcomes_by_id(payloads[:PAGE_SIZE])
    return {
        "last": source_list.ago(time.time(), figures.last_received),
        "payloads": [
            source_words.payload(one) | source_words.subject(outcomes.get(one.id, ()))
            for one in payloads[:PAGE_SIZE]
        ],
        "older": _place(payloads[PAGE_SIZE].received_at) if len(payloads) > PAGE_SIZE else None,
        "is_first": before is None,
        "has_failed": figures.week.failed > 0 or any(one.has_failed for one in payloads),
        "day": source_words.counted(figures.day),
    }


def _place(received_at: float) -> int:
    """Return before which ms the older page begins, whose first payload came at this time."""
    return round(received_at * 1000) + 1


def _sent_again(request: PageRequest) -> dict[str, int] | None:
    """Return what the address says of payloads that were just sent again; None: nothing."""
    numbers = {name: request.get(name) for name in ("sent", "skipped", "total")}
    if not all(text.isdecimal() and len(text) < 6 for text in numbers.values()):
        return None
    return {name: int(text) for name, text in numbers.items()}


def _notice_of_mapping(request: PageRequest) -> dict[str, Any]:
    """Return what stands above a mapping that was just saved, and at the top no more."""
    is_saved = request.raw.method == "GET" and request.get("done") == "saved"
    if not is_saved or not request.get("from"):
        return {"mapping_notice": None}
    return {"notice": None, "mapping_notice": NOTICES["saved"]}


def _connect(request: PageRequest, source: Source) -> dict[str, Any]:
    """Return the address, the secret where it is asked for, and the steps at the sender."""
    known, has_secret = preset_of(source), bool(source.secret.strip())
    secret = source.secret if request.get("show") == "secret" else ""
    address = source_list.address_of(request, source.id)
    if source.verify == "token":
        address += "?token=" + (quote(secret, safe="") if secret else "•" * 8)
    return {
        "name": source.name or source.id,
        "address": address,
        "is_whole": source.verify != "token" or bool(secret),
        "secret": secret,
        "has_secret": has_secret,
        "secret_digest": digest_of(source.secret),
        "is_rotating": len(source.secrets(time.time())) > 1,
        "old_until": times.stamp(source.previous_secret_until),
        "proof": source_words.PROOFS[source.verify],
        "known": known,
        "snippet": known.snippet.replace("ADDRESS", address),
    }


def digest_of(secret: str) -> str:
    """Return what a form says of the secret that it has seen: a second click rotates nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


def preset_of(source: Source) -> Preset:
    """Return the preset of a source. Raises LookupError: there is none, which nothing saves."""
    known = preset(source.preset)
    if known is None:
        raise LookupError(source.preset)
    return known


def _mapping(
    request: PageRequest, source: Source, newest: list[payload_log.Summary]
) -> dict[str, Any]:
    texts = source_preview.typed(request, source)
    payload = source_preview.tried(request, source)
    return {
        "texts": texts,
        "mapping_shown": editing.shown(source_mapping.texts_of(source)),
        "labels": source_mapping.ALL_LABELS,
        "expressions": EXPRESSIONS,
        "task_fields": _in_use_first(texts),
        "own": source_mapping.own_fields(source),
        "tried": payload,
        "choices": source_preview.choices(newest),
        "preview": source_preview.preview(source, texts, payload),
    }


def _in_use_first(texts: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the fields of the task that the mapping fills, and the others."""
    names = [source_mapping.PREFIX + name for name in source_mapping.TASK_FIELDS]
    used = [name for name in names if texts[name].strip()]
    return used, [name for name in names if name not in used]


def _settings(request: PageRequest, source: Source, *, is_typed: bool) -> dict[str, Any]:
    values = settings_of(source)
    return {
        "settings": values | (editing.changed(request, values) if is_typed else {}),
        "settings_shown": editing.shown(values),
        "presets": source_list.titles().items(),
        "proofs": source_words.PROOFS.items(),
    }


def settings_of(source: Source) -> dict[str, str]:
    """Return the fields that are no mapping as a form has them."""
    return {
        "name": source.name,
        "preset": source.preset,
        "verify": source.verify,
        "from_taskhook": "true" if source.from_taskhook else "false",
        "origins": "\n".join(source.origins),
        "redirect_to": source.redirect_to,
    }
