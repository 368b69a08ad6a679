"""The fields of a row as people write them in the AWS console and with the command line.

Each reader takes a value as `plain_row` returns it and raises Unreadable with what the field takes.
"""

import json
from typing import Any


class Unreadable(ValueError):
    """A value that a field does not take; the message is what it takes."""


_NUMBERS = "takes a list of numbers, such as [5, 30, 300]"
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


def read_text(value: Any) -> str:
    """Return a text."""
    if isinstance(value, str):
        return value
    raise Unreadable("takes a text")


def read_flag(value: Any) -> bool:
    """Return a flag: true or false, or 1 or 0, as they are or as a text in any case."""
    if isinstance(value, bool):
        return value
    flag = _FLAGS.get(str(value).strip().lower())
    if flag is None:
        raise Unreadable("takes true or false")
    return flag


def read_number(value: Any) -> int | float:
    """Return a number, or the number that a text says."""
    try:
        number = float(value) if isinstance(value, str) else value
        if isinstance(number, (int, float)) and not isinstance(number, bool):
            is_whole = number == int(number)
            return int(number) if is_whole else float(number)
    except (ValueError, OverflowError) as error:  # no number, NaN, infinity
        raise Unreadable("takes a number") from error
    raise Unreadable("takes a number")


def read_texts(value: Any) -> list[str]:
    """Return a list of texts: a list, a set, or JSON in a text."""
    texts = _parsed(value)
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Unreadable("takes a list of texts")
    return texts


def read_numbers(value: Any) -> list[int | float]:
    """Return a list of numbers, each a number or a text: a list, a set, or JSON in a text."""
    numbers = _parsed(value)
    if not isinstance(numbers, list):
        raise Unreadable(_NUMBERS)
    try:
        return [read_number(number) for number in numbers]
    except Unreadable as error:
        raise Unreadable(_NUMBERS) from error


def read_object(value: Any) -> dict[str, Any]:
    """Return an object: a map, or JSON in a text."""
    fields = _parsed(value)
    if isinstance(fields, dict):
        return fields
    raise Unreadable("takes an object")


def read_json(value: Any) -> Any:
    """Return JSON: a map, a list, either as JSON in a text, or the text itself."""
    parsed = _parsed(value)
    return parsed if isinstance(parsed, (dict, list)) else value


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
