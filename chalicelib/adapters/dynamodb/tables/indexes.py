"""The indexes of deliveries, and how their bodies and their attempts are kept."""

import base64
import json
import lzma
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import (
    AllProjection,
    GlobalSecondaryIndex,
    IncludeProjection,
    KeysOnlyProjection,
    LocalSecondaryIndex,
)

from chalicelib.adapters.dynamodb.rows import plain_row

if TYPE_CHECKING:
    from chalicelib.adapters.dynamodb.tables.deliveries import Delivery  # noqa: F401 -- named by the indexes, as a text


class LongText(UnicodeAttribute):
    """A text that is kept compressed where it is long: the body of the largest task must fit an item too."""

    _LONGEST_PLAIN = 100_000
    _PACKED = "lzma:"  # no JSON begins so

    def serialize(self, value: Any) -> str:
        """Return what the store keeps."""
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
    """Attempts as a JSON text, which takes half of the time of a list of maps; such a list is read as well."""

    def serialize(self, value: Any) -> str:
        """Return what the store keeps."""
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def get_value(self, value: Mapping[str, Any]) -> Any:
        """Return the text; a list of maps is made one."""
        if "L" in value:
            return self.serialize(plain_row({"attempts": value})["attempts"])
        return super().get_value(dict(value))

    def deserialize(self, value: str) -> list[Any]:
        """Return the attempts.

        Raises:
            TypeError: It is something else.
        """
        attempts = json.loads(value)
        if not isinstance(attempts, list):
            raise TypeError("attempts is not a list")
        return attempts


class PendingOfLane(LocalSecondaryIndex["Delivery"]):  # type: ignore[no-untyped-call]  # PynamoDB leaves __init_subclass__ untyped
    """The deliveries of a lane that are not settled; a settled one has no `due_at` and is not here.

    A local index, because it can be read consistently: an event must see what waits before it.
    """

    class Meta:
        index_name = "pending"
        projection = AllProjection()

    lane = UnicodeAttribute(hash_key=True)
    due_at = NumberAttribute(range_key=True)


class DueAtEndpoint(GlobalSecondaryIndex["Delivery"]):  # type: ignore[no-untyped-call]  # PynamoDB leaves __init_subclass__ untyped
    """What is due at an endpoint and when; only the keys, so that a backlog is cheap to look through."""

    class Meta:
        index_name = "due"
        projection = KeysOnlyProjection()

    endpoint_id = UnicodeAttribute(hash_key=True)
    due_at = NumberAttribute(range_key=True)


class DeliveriesOfEndpoint(GlobalSecondaryIndex["Delivery"]):  # type: ignore[no-untyped-call]  # PynamoDB leaves __init_subclass__ untyped
    """The deliveries to an endpoint, in the order of their events; what a list shows, and no body."""

    class Meta:
        index_name = "by_endpoint"
        projection = IncludeProjection(["event_type", "task_id", "status", "outcome", "tries", "took_ms", "due_at"])

    endpoint_id = UnicodeAttribute(hash_key=True)
    created_at = NumberAttribute(range_key=True)
