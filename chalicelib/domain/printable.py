"""Texts of others as a terminal and a log may show them: on one line, and with no character that acts on it."""

import json
import re
import unicodedata
from typing import Any

_JOINERS = "\u200c\u200d"
"""Without ink, but part of words (Persian, Hindi) and of emoji."""

_AMBIGUOUS = re.compile(r'^\s|\s$|"|\s\S*=')
"""What beside fields such as `status=500` could be taken for more of them."""


def one_line(text: str) -> str:
    r"""Return a text with its control characters, line ends, bidi controls and the like as `\x1b`, `\n`, `\u202e`."""
    if text.isprintable():
        return text
    return "".join(one if _is_shown(one) else one.encode("unicode_escape").decode() for one in text)


def field(name: str, text: str) -> str:
    """Return `name=text` for a line of several, in quotes where the text could be taken for more than one."""
    shown = one_line(text)
    return f"{name}={json.dumps(shown, ensure_ascii=False) if _AMBIGUOUS.search(shown) else shown}"


def as_json(value: Any) -> str:
    r"""Return a value as JSON on several lines; what acts on a terminal is written as `\u001b`, which is the same."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return "".join(one if one == "\n" or _is_shown(one) else json.dumps(one)[1:-1] for one in text)


def _is_shown(character: str) -> bool:
    return character.isprintable() or character in _JOINERS or unicodedata.category(character) == "Zs"
