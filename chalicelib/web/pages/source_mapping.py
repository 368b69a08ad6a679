"""The mapping of a source as a form has it: each expression and each field of the task a text."""

import json
import re
from collections.abc import Mapping
from typing import Any

from chalicelib.domain.presets import Preset, preset
from chalicelib.domain.sources import EXPRESSIONS, Source
from chalicelib.domain.tasks import COLORS
from chalicelib.domain.wishes import PLACED, WRITTEN

LABELS = {
    "each": ("Each", "a list of items; empty: the payload is the one item"),
    "when": ("When", "true for the items that count"),
    "key": ("Key", "what an item is about: items of one key are one task"),
    "close_when": ("Close when", "true for the items that close their task"),
}
"""What a form says of each expression."""

TASK_LABELS = {
    "title": ("Title", ""),
    "description": ("Description", ""),
    "color_id": ("Colour", "color_id: " + ", ".join(COLORS)),
    "priority": ("Priority", "a whole number"),
    "date_due": ("Due", "date_due: a date, or epoch seconds"),
    "category": ("Category", "its name"),
    "tags": ("Tags", "a list of names"),
    "project_id": ("Project's number", "project_id: counts before the name"),
    "project": ("Project", "its name"),
    "column_id": ("Column's number", "column_id: counts before the name"),
    "column": ("Column", "its name"),
    "owner_id": ("Owner's number", "owner_id: counts before the name"),
    "owner": ("Owner", "a username"),
}
"""What a form says of each field of the task's template."""

PREFIX = "task."
TASK_FIELDS = (*WRITTEN, *PLACED)
FIELDS = (*EXPRESSIONS, *(PREFIX + name for name in TASK_FIELDS))
ALL_LABELS = LABELS | {PREFIX + name: words for name, words in TASK_LABELS.items()}


def texts_of(source: Source) -> dict[str, str]:
    """Return what a form shows of a source's mapping, by `FIELDS`."""
    said = {name: getattr(source, name) or "" for name in EXPRESSIONS}
    return said | {
        PREFIX + name: _as_text(source.task[name]) if name in source.task else ""
        for name in TASK_FIELDS
    }


def _as_text(value: Any) -> str:
    """Return a template's text as it is, and other JSON as JSON."""
    if isinstance(value, str) and _read(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def _read(text: str) -> Any:
    """Return a template: a list, an object or a quoted text where it is JSON, else the text."""
    if text.strip()[:1] in {"[", "{", '"'}:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


def task_of(texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the template of a task that the texts of a form say; empty ones are left out."""
    given = {name: texts[PREFIX + name] for name in TASK_FIELDS}
    return {name: _read(text) for name, text in given.items() if text.strip()}


def mapped_by(source: Source, texts: Mapping[str, str]) -> Source:
    """Return a source with the mapping of a form; what is empty comes from its preset."""
    known = _preset_of(source)
    said: dict[str, Any] = {
        name: texts[name] if texts[name].strip() else getattr(known, name) for name in EXPRESSIONS
    }
    return source._replace(**said, task=task_of(texts) or known.task)


def fields_of(source: Source, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return what of a form's mapping differs from a source's; "" means the preset's value."""
    wanted, known = mapped_by(source, texts), _preset_of(source)
    changed = [
        name for name in (*EXPRESSIONS, "task") if getattr(wanted, name) != getattr(source, name)
    ]
    return {
        name: "" if getattr(wanted, name) == getattr(known, name) else _plain(getattr(wanted, name))
        for name in changed
    }


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def _preset_of(source: Source) -> Preset:
    known = preset(source.preset)
    if known is None:
        raise ValueError(source.preset)
    return known


def own_fields(source: Source) -> set[str]:
    """Return the fields of `FIELDS` in which a source differs from its preset."""
    texts, known = texts_of(source), texts_of(_as_preset(source))
    return {name for name in FIELDS if texts[name] != known[name]}


def _as_preset(source: Source) -> Source:
    known = _preset_of(source)
    filled: dict[str, Any] = {name: getattr(known, name) for name in (*EXPRESSIONS, "task")}
    return source._replace(**filled)


_PLACE = re.compile(rf"({'|'.join(TASK_FIELDS)})\b[,:]?\s*(.*)", re.DOTALL)


def placed(errors: Mapping[str, str]) -> dict[str, str]:
    """Return reasons with that of the task's template at the field of which it speaks."""
    found = _PLACE.fullmatch(errors.get("task", ""))
    if found is None:
        return dict(errors)
    rest = {name: reason for name, reason in errors.items() if name != "task"}
    return rest | {PREFIX + found[1]: found[2]}
