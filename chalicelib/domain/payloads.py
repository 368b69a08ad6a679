"""What a source makes of a payload: its items, their keys, and the fields of their tasks."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from chalicelib.domain import moments, tasks
from chalicelib.domain.errors import ExpressionFailed, ExpressionRefused, Refused, TaskhookError
from chalicelib.domain.expressions import Expression, compile_expression
from chalicelib.domain.sources import EXPRESSIONS, Source
from chalicelib.domain.templates import Template, compile_template
from chalicelib.domain.values import Number, is_blank

MOST_ITEMS = 100
MOST_LEVELS = 32

LONGEST_KEY = 200
"""Characters of a key; of a longer one the first 150 and a digest are kept."""

CREATED, CHANGED, CLOSED, IGNORED, FAILED = "created", "changed", "closed", "ignored", "failed"
"""What may come of an item."""

DONE = {CREATED, CHANGED, CLOSED}
"""What is not done a second time where the same payload goes on after a failure."""

WRITTEN = ("title", "description", "color_id", "priority", "date_due", "category", "tags")
"""The fields that a later item of a key may change."""

PLACED = ("project_id", "project", "column_id", "column", "owner_id", "owner")
"""The fields that count when a task is created, and never again."""


class PayloadUnreadable(TaskhookError):
    """A payload that is no JSON, too deep, or holds too many items."""


class PayloadFailed(TaskhookError):
    """A payload of which the expression `each` makes no items."""


@dataclass(frozen=True)
class Mapped:
    """What an item says: it is ignored, it has failed, or it closes or writes its task."""

    digest: str
    """Tells the items of a payload apart, however the mapping is changed."""
    outcome: str = ""
    """IGNORED or FAILED; "" where something is to be done."""
    reason: str = ""
    key: str | None = None
    closes: bool = False
    wish: Mapping[str, Any] | None = None
    """Of WRITTEN and PLACED what is given."""


class Compiled(NamedTuple):
    """The mapping of a source, compiled."""

    each: Expression | None
    when: Expression | None
    key: Expression | None
    close_when: Expression | None
    task: Template


def compile_mapping(source: Source) -> Compiled:
    """Return the mapping of a source.

    Raises:
        Refused: With the place of the mistake for each expression that cannot be used.
    """
    reasons: dict[str, str] = {}
    compiled: dict[str, Any] = dict.fromkeys(EXPRESSIONS)
    for name in EXPRESSIONS:
        text = getattr(source, name)
        try:
            compiled[name] = None if text is None else compile_expression(text)
        except ExpressionRefused as error:
            reasons[name] = str(error)
    try:
        template = compile_template(dict(source.task))
    except ExpressionRefused as error:
        reasons["task"] = str(error)
    if unknown := [name for name in source.task if name not in {*WRITTEN, *PLACED}]:
        reasons["task"] = f"has no field {unknown[0]}; takes {', '.join((*WRITTEN, *PLACED))}"
    if reasons:
        raise Refused(reasons)
    return Compiled(**compiled, task=template)


def map_payload(mapping: Compiled, seen: Mapping[str, Any]) -> list[Mapped]:
    """Return what each item of a payload says, in their order.

    Args:
        mapping: The source's.
        seen: What expressions see: `payload`, `headers` and `query`.

    Raises:
        PayloadFailed: There is no list of items.
        PayloadUnreadable: There are too many.
    """
    items = _items(mapping, seen)
    digests = _told_apart([_digest(item) for item in items]) if len(items) > 1 else ["0"]
    return [
        _map_item(mapping, {**seen, "item": item}, digest)
        for item, digest in zip(items, digests, strict=False)
    ]


def _told_apart(digests: list[str]) -> list[str]:
    """Return digests with a number behind each, so that two items that are the same differ."""
    counts: Counter[str] = Counter()
    numbered = []
    for digest in digests:
        numbered.append(f"{digest}.{counts[digest]}")
        counts[digest] += 1
    return numbered


def _items(mapping: Compiled, seen: Mapping[str, Any]) -> list[Any]:
    if mapping.each is None:
        return [seen["payload"]]
    try:
        items = mapping.each.search(seen)
    except ExpressionFailed as error:
        raise PayloadFailed(f"each: {error}") from error
    if not isinstance(items, list):
        raise PayloadFailed("each: finds no list")
    if len(items) > MOST_ITEMS:
        raise PayloadUnreadable(f"takes at most {MOST_ITEMS} items, not {len(items)}")
    return items


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]


def _map_item(mapping: Compiled, seen: Mapping[str, Any], digest: str) -> Mapped:
    key, field = None, "when"
    try:
        if mapping.when is not None and not mapping.when.is_true(seen):
            return Mapped(digest, IGNORED, "when is not true")
        field = "key"
        key = None if mapping.key is None else key_of(mapping.key.search(seen))
        field = "close_when"
        if mapping.close_when is not None and mapping.close_when.is_true(seen):
            return _closing(digest, key)
        field = "task"
        return Mapped(digest, key=key, wish=read_wish(mapping.task.render(seen)))
    except ExpressionFailed as error:
        return Mapped(digest, FAILED, f"{field}: {error}", key)
    except Refused as refusal:
        return Mapped(digest, FAILED, str(refusal), key)


def _closing(digest: str, key: str | None) -> Mapped:
    if key is None:
        return Mapped(digest, IGNORED, "there is no key, so there is no task to close")
    return Mapped(digest, key=key, closes=True)


def key_of(value: Any) -> str | None:
    """Return what an item is about as text; None for none."""
    if value is None or value is False:
        return None
    text = readable(
        value
        if isinstance(value, str)
        else json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    )
    if is_blank(text):
        return None
    if len(text) > LONGEST_KEY:
        return text[:150] + "~" + hashlib.sha256(text.encode()).hexdigest()[:40]
    return text


def readable(text: str) -> str:
    """Return a text with U+FFFD in the place of half a surrogate pair and of NUL."""
    return (
        text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")
    )


def read_wish(rendered: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that a rendered template gives, as a task takes them; null gives none.

    Raises:
        Refused: With a reason for each that cannot be used.
    """
    reasons: dict[str, str] = {}
    wish: dict[str, Any] = {}
    for name, value in rendered.items():
        if value is None:
            continue
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
        return {name: _NUMBERS[name](text if isinstance(value, str) else Number(text))}
    return {name: tasks.read_color(text) if name == "color_id" else text}


_NUMBERS: dict[str, Any] = {
    "priority": lambda text: tasks.read_id("priority", text),
    "date_due": lambda text: moments.read_date("date_due", text),
    "project_id": lambda text: tasks.read_id("project_id", text),
    "column_id": lambda text: tasks.read_id("column_id", text),
    "owner_id": lambda text: tasks.read_id("owner_id", text),
}


def _text(value: Any) -> str:
    return readable(
        value
        if isinstance(value, str)
        else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    )


def _read_tags(value: Any) -> list[str]:
    """Return the names of tags, each once; too long ones are cut."""
    names = [
        _text(one) for one in (value if isinstance(value, list) else [value]) if one is not None
    ]
    return list(dict.fromkeys(cut(name.strip()) for name in names if not is_blank(name)))


def cut(text: str) -> str:
    """Return a text of 200 characters at most; the last one is an ellipsis where it was cut."""
    return text if len(text) <= tasks.LONGEST_TITLE else text[: tasks.LONGEST_TITLE - 1] + "…"


def _with_whole_title(wish: dict[str, Any]) -> dict[str, Any]:
    """Let what a title has no room for begin the description."""
    title = wish.get("title", "")
    if len(title) <= tasks.LONGEST_TITLE:
        return wish
    rest = "…" + title[tasks.LONGEST_TITLE - 1 :] + "\n\n"
    return {**wish, "title": cut(title), "description": rest + wish.get("description", "")}


def digests_of(wish: Mapping[str, Any]) -> dict[str, str]:
    """Return a digest of each field that a later item may change."""
    given = {
        name: sorted(wish[name]) if name == "tags" else wish[name]
        for name in WRITTEN
        if name in wish
    }
    return {name: _digest(value) for name, value in given.items()}


def changed_fields(wish: Mapping[str, Any], written: Mapping[str, str]) -> set[str]:
    """Return the fields whose value differs from what the source wrote last.

    Args:
        wish: What an item gives.
        written: The digests of what was written, by field.
    """
    return {name for name, digest in digests_of(wish).items() if written.get(name) != digest}


def described(description: str, previous: int | None) -> str:
    """Return a description that ends with the number of the task that was closed before."""
    if previous is None:
        return description
    return f"{description}\n\nBefore: #{previous}".lstrip("\n")


def check_levels(value: Any) -> None:
    """Refuse what is too deep. Raises PayloadUnreadable."""
    level, standing = 0, [value]
    while standing := [one for one in standing if isinstance(one, (dict, list))]:
        level += 1
        if level > MOST_LEVELS:
            raise PayloadUnreadable(f"has more than {MOST_LEVELS} levels")
        standing = [
            part for one in standing for part in (one.values() if isinstance(one, dict) else one)
        ]
