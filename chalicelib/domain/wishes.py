"""The task fields that an item of a payload asks for, and which of them are new."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from chalicelib.domain import moments, tasks
from chalicelib.domain.errors import Refused
from chalicelib.domain.values import Number, is_blank, whole_characters

WRITTEN = ("title", "description", "color_id", "priority", "date_due", "category", "tags")
"""The fields that a later item of a key may change."""
PLACED = ("project_id", "project", "column_id", "column", "owner_id", "owner")
"""The fields that count only when a task is created."""


def read_wish(rendered: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a rendered template as a task takes them; null omits a field.

    Raises Refused, with a reason for each invalid field.
    """
    reasons: dict[str, str] = {}
    wish: dict[str, Any] = {}
    given = ((name, value) for name, value in rendered.items() if value is not None)
    for name, value in given:
        try:
            wish |= _read(name, value)
        except Refused as refusal:
            reasons |= refusal.reasons
    if reasons:
        raise Refused(reasons)
    return _with_whole_title(wish)


def _read(name: str, value: Any) -> dict[str, Any]:
    if name == "tags":
        return {"tags": _read_tags(value)}
    text = _text(value)
    if name == "description":
        return {name: text}
    if is_blank(text):
        return {}
    if name in _NUMBERS:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return {name: _NUMBERS[name](Number(text) if is_number else text)}
    return {name: tasks.read_color(text) if name == "color_id" else text}


_NUMBERS: dict[str, Any] = {
    "priority": lambda text: tasks.read_id("priority", text),
    "date_due": lambda text: moments.read_date("date_due", text),
    "project_id": lambda text: tasks.read_id("project_id", text),
    "column_id": lambda text: tasks.read_id("column_id", text),
    "owner_id": lambda text: tasks.read_id("owner_id", text),
}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return readable(value)
    return readable(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _read_tags(value: Any) -> list[str]:
    """Return the names of tags, each once; too long ones are cut."""
    values = value if isinstance(value, list) else [value]
    names = [_text(one) for one in values if one is not None]
    return list(dict.fromkeys(cut(name.strip()) for name in names if not is_blank(name)))


def cut(text: str) -> str:
    """Return a text of at most 200 characters; a longer one is cut and ends with an ellipsis."""
    return text if len(text) <= tasks.LONGEST_TITLE else text[: tasks.LONGEST_TITLE - 1] + "…"


def _with_whole_title(wish: dict[str, Any]) -> dict[str, Any]:
    """Move the end of a title that is too long to the start of the description."""
    title = wish.get("title", "")
    if len(title) <= tasks.LONGEST_TITLE:
        return wish
    rest = "…" + title[tasks.LONGEST_TITLE - 1 :] + "\n\n"
    return {**wish, "title": cut(title), "description": rest + wish.get("description", "")}


def digests_of(wish: Mapping[str, Any]) -> dict[str, str]:
    """Return a digest of each field that a later item may change."""
    given = {name: wish[name] for name in WRITTEN if name in wish}
    if "tags" in given:
        given["tags"] = sorted(given["tags"])
    return {name: digest_of(value) for name, value in given.items()}


def changed_fields(wish: Mapping[str, Any], written: Mapping[str, str]) -> set[str]:
    """Return the fields whose value differs from the last one that the source wrote.

    Args:
        wish: The fields of an item.
        written: The digests of the values written last, by field.
    """
    return {name for name, digest in digests_of(wish).items() if written.get(name) != digest}


def described(description: str, previous: int | None) -> str:
    """Return a description that ends with the number of the task that was closed before."""
    if previous is None:
        return description
    return f"{description}\n\nBefore: #{previous}".lstrip("\n")


def digest_of(value: Any) -> str:
    """Return a digest of a JSON value."""
    text = json.dumps(value) if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def readable(text: str) -> str:
    """Return a text with U+FFFD in place of NUL and of half a surrogate pair."""
    return whole_characters(text).replace("\0", "\ufffd")
