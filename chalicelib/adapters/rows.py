"""Rows as the store holds them: read plainly, and what of one that was edited by hand cannot be read."""

from collections.abc import Mapping
from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.constants import NULL
from pynamodb.exceptions import AttributeDeserializationError

_KINDS = {"S": "a text", "N": "a number", "BOOL": "true or false", "L": "a list", "M": "a map"}
_KINDS |= {"SS": "a set of texts", "NS": "a set of numbers", "B": "bytes", "BS": "a set of bytes"}


def plain_row(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return an item of the store as a plain row: texts, whole numbers, flags, and lists of the members of sets."""
    return {name: _plain(*next(iter(value.items()))) for name, value in item.items()}


def _plain(kind: str, value: Any) -> Any:
    if kind == "N":
        return _number(value)
    if kind == "NS":
        return [_number(text) for text in value]
    if kind == "L":
        return [_plain(*next(iter(part.items()))) for part in value]
    return plain_row(value) if kind == "M" else value


def _number(text: str) -> int | float:
    return int(text) if text.lstrip("-").isdigit() else float(text)


def fault_of(attributes: Mapping[str, Attribute[Any]], item: Mapping[str, Any]) -> str | None:
    """Return which field of an item cannot be read, and why; None: all can."""
    for name, attribute in attributes.items():
        value = item.get(name)
        if not value or NULL in value:
            continue
        try:
            attribute.deserialize(attribute.get_value(value))
        except Exception as error:  # noqa: BLE001 -- a row that was edited by hand may hold anything
            kind = next(iter(value))
            if kind != attribute.attr_type:
                return f"{name}: takes {_KINDS[attribute.attr_type]}, not {_KINDS[kind]}"
            is_inside = isinstance(error, AttributeDeserializationError)
            return f"{name}: {'holds a part of the wrong kind' if is_inside else error}"
    return None
