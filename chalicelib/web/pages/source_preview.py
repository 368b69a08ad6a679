"""What a mapping would make of a payload, beside the form in which it is typed."""

import json
import math
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.moments import LATEST
from chalicelib.domain.presets import preset
from chalicelib.domain.sources import Source
from chalicelib.domain.tasks import DEFAULT_COLOR
from chalicelib.services.sources import payload_log, trying
from chalicelib.services.sources.payload_log import Summary
from chalicelib.web import routing
from chalicelib.web.pages import source_mapping, source_words
from chalicelib.web.pages.page_request import PageRequest

SAMPLE = "sample"
MAX_SHOWN = 20
"""Items of a payload."""

_FACTS = {
    "color_id": "Colour",
    "priority": "Priority",
    "date_due": "Due",
    "category": "Category",
    "tags": "Tags",
    "project_id": "Project",
    "project": "Project",
    "column_id": "Column",
    "column": "Column",
    "owner_id": "Assigned to",
    "owner": "Assigned to",
}

_TITLES = {
    "created": "Creates a task",
    "changed": "Changes the open task",
    "closed": "Closes the open task",
    "ignored": "Ignored",
    "failed": "Fails",
}


def typed(request: PageRequest, source: Source) -> dict[str, str]:
    """Return what the form says of the mapping, or what the source has where it says nothing."""
    return source_mapping.texts_of(source) | {
        name: request.values[name].replace("\r\n", "\n")
        for name in source_mapping.FIELDS
        if name in request.values
    }


def tried(request: PageRequest, source: Source) -> dict[str, str]:
    """Return the payload to try, as texts: what was typed, a payload that came, or the sample."""
    is_loading = request.raw.method == "GET" or request.get("do") == "load"
    if not is_loading and "payload" in request.values:
        return {name: request.values.get(name, "") for name in ("from", "payload", "beside")}
    return _loaded(source, request.get("from") or SAMPLE)


def is_pasted(request: PageRequest, source: Source) -> bool:
    """Tell whether the payload of the form is one that no address leads to."""
    known = _loaded(source, request.get("from") or SAMPLE)
    said = ((name, request.values.get(name, "")) for name in ("payload", "beside"))
    return any(text.replace("\r\n", "\n").strip() != known[name].strip() for name, text in said)


def _loaded(source: Source, name: str) -> dict[str, str]:
    content: Mapping[str, Any] = {}
    if name != SAMPLE:
        try:
            content = payload_log.find_payload(name).content
        except NotFound:
            name = SAMPLE
    known = preset(source.preset)
    payload = content.get("payload", content.get("beginning"))
    if name == SAMPLE:
        payload = dict(known.sample) if known else {}
    beside = {part: content.get(part) or {} for part in ("headers", "query")}
    text = payload if isinstance(payload, str) and "beginning" in content else as_json(payload)
    return {"from": name, "payload": text, "beside": as_json(beside) if content else ""}


def as_json(value: Any) -> str:
    """Return JSON for people; half a surrogate pair stays an escape, which no page could hold."""
    return routing.printable(json.dumps(value, indent=2, ensure_ascii=False))


def choices(payloads: list[Summary]) -> dict[str, str]:
    """Return the payloads that may be tried, by what a form calls them."""
    listed = [source_words.payload(one) for one in payloads]
    return {SAMPLE: "The preset's sample"} | {
        one["id"]: f"{one['at'][5:]} {one['state'].lower()}" for one in listed
    }


def preview(source: Source, texts: Mapping[str, str], payload: Mapping[str, str]) -> dict[str, Any]:
    """Return what a mapping would make of a payload, as the page shows it; nothing is written.

    Args:
        source: Stored.
        texts: Of `source_mapping.FIELDS`.
        payload: As `tried` returns it.
    """
    try:
        beside = _parsed("beside", payload["beside"])
        shown = trying.try_payload(
            source_mapping.mapped_by(source, texts),
            _parsed("payload", payload["payload"]),
            *(_texts_in(beside, part) for part in ("headers", "query")),
        )
    except Refused as refusal:
        mistakes = _mistakes(refusal.reasons)
        return {"says": "It cannot be tried yet", "mistakes": mistakes, "made": [], "more": 0}
    return {
        "says": _says(shown),
        "mistakes": {},
        "made": [_item(one) for one in shown[:MAX_SHOWN]],
        "more": max(len(shown) - MAX_SHOWN, 0),
    }


def _mistakes(reasons: Mapping[str, str]) -> dict[str, str]:
    known = {name: label for name, (label, _) in source_mapping.LABELS.items()}
    known |= {"task": "Task", "payload": "Payload", "beside": "Headers and query"}
    return {known.get(name, name): reason for name, reason in reasons.items()}


def _parsed(field: str, text: str) -> Any:
    if not text.strip():
        return {}
    try:
        return json.loads(text, parse_constant=routing.refuse_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Refused({field: f"is not JSON ({place})"}) from error
    except (ValueError, RecursionError) as error:
        raise Refused({field: "is not JSON"}) from error


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number


def _texts_in(beside: Any, part: str) -> dict[str, str]:
    given = beside.get(part, {}) if isinstance(beside, dict) else None
    if not isinstance(given, dict) or not all(isinstance(one, str) for one in given.values()):
        raise Refused({"beside": 'takes {"headers": {...}, "query": {...}} with texts'})
    return {name.lower(): text for name, text in given.items()}


def _says(shown: list[trying.Shown]) -> str:
    outcomes = [one["outcome"] for one in shown]
    counts = [(outcomes.count(name), name) for name in source_words.TONES]
    return ", ".join(f"{count} {name}" for count, name in counts if count) or "No items"


def _item(one: trying.Shown) -> dict[str, Any]:
    task = one["task"] or {}
    facts = {label: _fact(name, task[name]) for name, label in _FACTS.items() if name in task}
    return {
        "tone": source_words.TONES[one["outcome"]],
        "does": _TITLES[one["outcome"]],
        "key": one["key"],
        "reason": one["reason"],
        "title": task.get("title", ""),
        "description": task.get("description", ""),
        "color": task.get("color_id", DEFAULT_COLOR if task else ""),
        "facts": {label: text for label, text in facts.items() if text},
    }


def _fact(name: str, value: Any) -> str:
    if name == "tags":
        return ", ".join(value)
    if name == "date_due":
        return _day(value) if value else ""
    return str(value)


def _day(seconds: float) -> str:
    when = datetime.fromtimestamp(min(max(seconds, 0), LATEST), timezone.utc)
    return when.strftime("%Y-%m-%d %H:%M").removesuffix(" 00:00")
