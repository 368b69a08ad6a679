"""Reads rows as the store holds them: plain values, and the faults of rows edited by hand."""

from collections.abc import Callable, Mapping
from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.constants import NULL
from pynamodb.exceptions import AttributeDeserializationError

from chalicelib.domain.free_fields import Unreadable

_KINDS = {"S": "a text", "N": "a number", "BOOL": "true or false", "L": "a list", "M": "a map"}
_KINDS |= {"SS": "a set of texts", "NS": "a set of numbers", "B": "bytes", "BS": "a set of bytes"}


def plain_row(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return an item of the store as a plain row: texts, integers, flags and lists.

    boto3's equivalent takes a fifteenth of a cold start to import, and makes each number a
    Decimal.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: It is not an item.
    """
    return {name: _plain(value) for name, value in item.items()}


def _plain(value: Mapping[str, Any]) -> Any:
    [(kind, content)] = value.items()
    return _READERS[kind](content)


def number_of(text: str) -> int | float:
    """Return a number of the store."""
    if text.lstrip("-").isdigit():
        return int(text)
    number = float(text)
    return int(number) if number.is_integer() else number  # moto keeps a number as it was sent: 1.0


_READERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("S", "BOOL", "SS", "B", "BS"), lambda content: content),
    "N": number_of,
    "NS": lambda content: [number_of(text) for text in content],
    "L": lambda content: [_plain(part) for part in content],
    "M": plain_row,
    "NULL": lambda _: None,
}


def fault_of(attributes: Mapping[str, Attribute[Any]], item: Mapping[str, Any]) -> str | None:
    """Return the first unreadable field of an item with the reason; None: all are readable."""
    for attribute in attributes.values():
        name = attribute.attr_name
        value = item.get(name)
        if not value or NULL in value:
            continue
        try:
            attribute.deserialize(attribute.get_value(value))
        except Unreadable as error:
            return f"{name}: {error}"
        except Exception as error:  # noqa: BLE001 -- a row edited by hand may hold anything
            kind = next(iter(value))
            if kind != attribute.attr_type:
                return f"{name}: takes {_KINDS[attribute.attr_type]}, not {_KINDS[kind]}"
            is_inside = isinstance(error, AttributeDeserializationError)
            return f"{name}: {'holds a part of the wrong kind' if is_inside else error}"
    return None
