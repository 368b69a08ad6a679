"""The fields of a row as people write them in the AWS console and with the command line.

Each reader takes a value as `plain_row` returns it and raises ValueError with what the field takes.
"""

import json
from typing import Any

_FLAGS = {"true": True, "1": True, "false": False, "0": False}


def read_text(value: Any) -> str:
    """Return a text."""
    if isinstance(value, str):
        return value
    raise ValueError("takes a text")


def read_flag(value: Any) -> bool:
    """Return a flag: true or false, or 1 or 0, as they are or as a text in any case."""
    flag = _FLAGS.get(str(value).strip().lower())
    if flag is None:
        raise ValueError("takes true or false")
    return flag


def read_number(value: Any) -> int | float:
    """Return a number, or the number that a text says."""
    try:
        return float(value) if isinstance(value, str) else value + 0
    except (TypeError, ValueError) as error:
        raise ValueError("takes a number") from error


def read_texts(value: Any) -> list[str]:
    """Return a list of texts: a list, a set, or JSON in a text."""
    texts = _parsed(value)
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError("takes a list of texts")
    return texts


def read_object(value: Any) -> dict[str, Any]:
    """Return an object: a map, or JSON in a text."""
    fields = _parsed(value)
    if isinstance(fields, dict):
        return fields
    raise ValueError("takes an object")


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
