"""The attributes for long texts and for lists of attempts."""

import base64
import json
import lzma
from collections.abc import Mapping
from typing import Any

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from chalicelib.adapters.dynamodb.rows import plain_row


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
