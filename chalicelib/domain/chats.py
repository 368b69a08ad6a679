"""Messages in chats.

`chalicelib/chats` holds them as data. `message.json` has the wording of each type of event, as
plain text. A file for each chat cuts, escapes and places it by that chat's rules. A list in place
of a text is its lines.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from chalicelib.domain.templates import Template, compile_template

_FOLDER = Path(__file__).resolve().parent.parent / "chats"
NAMES = ("slack", "mattermost", "discord", "teams", "ntfy", "telegram")
"""The chats, in the order in which a page offers them."""
_UNKNOWN = "default"
"""The wording of a type of event that has none of its own."""


class Chat(NamedTuple):
    """The data of a chat, shared: do not change it."""

    title: str
    """The chat's name, for people."""
    documentation: str
    """The address of the chat's own documentation."""
    set_up: tuple[str, ...]
    """How to get a URL from the chat, one short step each."""
    parts: Mapping[str, Template]
    """Templates of texts, evaluated in order: each sees the message and the earlier parts."""
    body: Template
    """The template of the body; it sees the message and all parts."""


@lru_cache(maxsize=len(NAMES))
def chat(name: str) -> Chat:
    """Return a chat; its file is read at the first use."""
    fields = _read(name)
    parts = {part: compile_template(_joined(text)) for part, text in fields["parts"].items()}
    body = compile_template(fields["body"])
    return Chat(fields["title"], fields["documentation"], tuple(fields["set_up"]), parts, body)


def write(name: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of an event for a chat.

    Raises:
        ExpressionFailed: A wording fails over this event.
    """
    known = dict(_wording(event["type"]).render(event))
    one = chat(name)
    for part, template in one.parts.items():
        known[part] = template.render(known)
    body: dict[str, Any] = _without_blanks(one.body.render(known))
    return body


@lru_cache(maxsize=64)
def _wording(event_type: str) -> Template:
    """Return the wording of a type of event: the common one, with the type's own parts."""
    wordings = _wordings()
    own = wordings.get(event_type, {})
    return compile_template(
        {field: _joined(text) for field, text in {**wordings[_UNKNOWN], **own}.items()}
    )


@lru_cache(maxsize=1)
def _wordings() -> dict[str, Any]:
    return _read("message")


def _read(name: str) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return fields


def _joined(text: Any) -> Any:
    return "\n".join(text) if isinstance(text, list) else text


def _without_blanks(value: Any) -> Any:
    """Return JSON without what is null or an empty text: no chat takes an empty block or link."""
    if isinstance(value, dict):
        return {
            key: _without_blanks(child) for key, child in value.items() if child not in (None, "")
        }
    if isinstance(value, list):
        return [_without_blanks(child) for child in value if child not in (None, "")]
    return value
