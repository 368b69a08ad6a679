"""The attributes for long texts, for lists of attempts and for what people write freely."""

import base64
import json
import lzma
from collections.abc import Callable, Mapping
from typing import Any

from pynamodb.attributes import Attribute, JSONAttribute, UnicodeAttribute
from pynamodb.constants import BOOLEAN, LIST, MAP, NUMBER, STRING, STRING_SET

from chalicelib.adapters.dynamodb.rows import plain_row
from chalicelib.domain.values import is_blank


class LongText(UnicodeAttribute):
    """A text, compressed if it is long: the body of the largest task must fit an item too."""

    _LONGEST_PLAIN = 100_000
    _PACKED = "lzma:"  # no JSON begins like this

    def serialize(self, value: Any) -> str:
        """Return the stored form."""
        text = str(value).encode()
        if len(text) <= self._LONGEST_PLAIN:
            return str(value)
        return self._PACKED + base64.b85encode(lzma.compress(text, preset=1)).decode()

    def deserialize(self, value: Any) -> str:
        """Return the text."""
        if not value.startswith(self._PACKED):
            return str(value)
        return lzma.decompress(base64.b85decode(value.removeprefix(self._PACKED))).decode()


class Attempts(JSONAttribute):
    """Attempts as a JSON text, twice as fast as a list of maps, which is read as well."""

    def serialize(self, value: Any) -> str:
        """Return the stored form."""
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def get_value(self, value: Mapping[str, Any]) -> Any:
        """Return the text; a list of maps is converted."""
        if "L" in value:
            return self.serialize(plain_row({"attempts": value})["attempts"])
        return super().get_value(dict(value))

    def deserialize(self, value: str) -> list[Any]:
        """Return the attempts.

        Raises:
            TypeError: It is not a list.
        """
        attempts = json.loads(value)
        if not isinstance(attempts, list):
            raise TypeError("attempts is not a list")
        return attempts


class FreeField(Attribute[Any]):
    """A field that accepts every form in which people may write it, and is written in one form.

    Numbers, flags and sets of texts have DynamoDB's own types; all else is a text, or JSON in one.
    """

    _AS_STORED = frozenset((STRING, BOOLEAN, STRING_SET))
    _READABLE = frozenset((NUMBER, LIST, MAP))

    def __init__(self, read: Callable[[Any], Any], kind: str = STRING, **options: Any) -> None:
        """Define the field.

        Args:
            read: Takes a plain value and raises Unreadable, as the functions of
                `domain.free_fields` do.
            kind: The type that is written.
            options: The options of any attribute.
        """
        super().__init__(**{"null": True} | options)
        self.attr_type = kind
        self._read = read

    def get_value(self, value: Mapping[str, Any]) -> Any:
        """Return the plain value; no field accepts bytes or sets of numbers."""
        [(kind, content)] = value.items()
        if kind in self._AS_STORED:
            return content
        return plain_row({"value": value})["value"] if kind in self._READABLE else b""

    def deserialize(self, value: Any) -> Any:
        """Return the field's value, the default for a blank text. Raises Unreadable."""
        is_none = isinstance(value, str) and is_blank(value)
        return self.default if is_none else self._read(value)

    def serialize(self, value: Any) -> Any:
        """Return the stored form."""
        if self.attr_type == STRING_SET:
            return sorted(value)
        if self.attr_type == BOOLEAN or isinstance(value, str):
            return value
        return json.dumps(value, ensure_ascii=False)
