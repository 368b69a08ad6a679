"""Makes untrusted texts safe for a terminal and a log: one line, no control characters."""

import json
import re
import unicodedata
from typing import Any

_JOINERS = "\u200c\u200d"
"""Invisible, but part of words (Persian, Hindi) and of emoji."""

_AMBIGUOUS = re.compile(r'^\s|\s$|"|\s\S*=')
"""Texts that could be mistaken for further fields such as `status=500`."""


def one_line(text: str) -> str:
    r"""Return a text with its control and bidi characters as `\x1b`, `\n` or `\u202e`."""
    if text.isprintable():
        return text
    return "".join(one if _is_shown(one) else one.encode("unicode_escape").decode() for one in text)


def field(name: str, text: str) -> str:
    """Return `name=text` for a line of several, quoted where the text is ambiguous."""
    shown = one_line(text)
    return f"{name}={json.dumps(shown, ensure_ascii=False) if _AMBIGUOUS.search(shown) else shown}"


def as_json(value: Any) -> str:
    r"""Return a value as indented JSON, its control characters escaped like `\u001b`."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return "".join(one if _is_shown(one) else _escaped(one) for one in text)


def _escaped(character: str) -> str:
    return character if character == "\n" else json.dumps(character)[1:-1]


def _is_shown(character: str) -> bool:
    return (
        character.isprintable() or character in _JOINERS or unicodedata.category(character) == "Zs"
    )
