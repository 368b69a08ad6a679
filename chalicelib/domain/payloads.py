"""What a source makes of a payload: its items, their keys, and the fields of their tasks."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from chalicelib.domain.errors import ExpressionFailed, ExpressionRefused, Refused, TaskhookError
from chalicelib.domain.expressions import Expression, compile_expression
from chalicelib.domain.sources import EXPRESSIONS, Source
from chalicelib.domain.templates import Template, compile_template
from chalicelib.domain.values import is_blank
from chalicelib.domain.wishes import PLACED, WRITTEN, digest_of, read_wish, readable

MOST_ITEMS = 100
MOST_LEVELS = 32

MOST_HOPS = 5
"""Taskhooks that a payload may have passed: what goes round in a circle must end."""

LONGEST_KEY = 200
"""Characters of a key; of a longer one the first 150 and a digest are kept."""

CREATED, CHANGED, CLOSED, IGNORED, FAILED = "created", "changed", "closed", "ignored", "failed"
"""What may come of an item."""

DONE = {CREATED, CHANGED, CLOSED}
"""What is not done a second time where the same payload goes on after a failure."""


class PayloadUnreadable(TaskhookError):
    """A payload that is no JSON, too deep, or holds too many items."""


class PayloadFailed(TaskhookError):
    """A payload of which the expression `each` makes no items."""


class Mapped(NamedTuple):
    """What an item says: it is ignored, it has failed, or it closes or writes its task."""

    digest: str  # tells the items of a payload apart, however the mapping is changed
    outcome: str = ""  # IGNORED or FAILED; "" where something is to be done
    reason: str = ""
    key: str | None = None
    closes: bool = False
    wish: Mapping[str, Any] | None = None  # of WRITTEN and PLACED what is given


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
    unknown = [name for name in source.task if name not in {*WRITTEN, *PLACED}]
    if unknown:
        reasons["task"] = f"has no field {unknown[0]}; takes {', '.join((*WRITTEN, *PLACED))}"
    if reasons:
        raise Refused(reasons)
    return Compiled(**compiled, task=template)


def map_payload(mapping: Compiled, seen: Mapping[str, Any]) -> Iterator[Mapped]:
    """Yield what each item of a payload says, in their order.

    Args:
        mapping: The source's.
        seen: What expressions see: `payload`, `headers` and `query`.

    Raises:
        PayloadFailed: There is no list of items.
        PayloadUnreadable: There are too many.
    """
    items = _items(mapping, seen)
    digests = _told_apart([digest_of(item) for item in items]) if len(items) > 1 else ["0"]
    for item, digest in zip(items, digests, strict=False):
        yield _map_item(mapping, {**seen, "item": item}, digest)


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


def hops_of(headers: Mapping[str, str]) -> int:
    """Return how many Taskhooks a payload has passed, by its headers; 0 for none."""
    if "x-taskhook-event" not in headers:
        return 0
    text = headers.get("x-taskhook-hops", "")
    return max(1, int(text[:20])) if text.isascii() and text.isdigit() else 1


def why_ignored(source: Source, headers: Mapping[str, str]) -> str:
    """Return why nothing is made of a payload of another Taskhook, or of this one, "" for none."""
    hops = hops_of(headers)
    if hops and not source.from_taskhook:
        return "comes from Taskhook, which this source does not take"
    return f"has passed more than {MOST_HOPS} Taskhooks" if hops > MOST_HOPS else ""


def check_levels(value: Any) -> None:
    """Refuse what is too deep. Raises PayloadUnreadable."""
    level, standing = 0, [value]
    while True:
        containers = [one for one in standing if isinstance(one, (dict, list))]
        if not containers:
            return
        level += 1
        if level > MOST_LEVELS:
            raise PayloadUnreadable(f"has more than {MOST_LEVELS} levels")
        standing = []
        for one in containers:
            standing += one.values() if isinstance(one, dict) else one
