"""The indexes of deliveries and their fields."""

from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import (
    AllProjection,
    GlobalSecondaryIndex,
    IncludeProjection,
    KeysOnlyProjection,
    LocalSecondaryIndex,
)


class PendingByOrderingKey(LocalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]  # PynamoDB leaves __init_subclass__ untyped
    """The pending deliveries with an ordering key; others have no `due_at` and are not here.

    A local index allows consistent reads: an event must see the deliveries that wait before it.
    """

    class Meta:
        index_name = "pending"
        projection = AllProjection()

    ordering_key = UnicodeAttribute(hash_key=True, attr_name="lane")
    due_at = NumberAttribute(range_key=True)


class DueAtEndpoint(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]  # PynamoDB leaves __init_subclass__ untyped
    """The due deliveries of an endpoint by time: only keys, so that a backlog is cheap to read."""

    class Meta:
        index_name = "due"
        projection = KeysOnlyProjection()

    endpoint_id = UnicodeAttribute(hash_key=True)
    due_at = NumberAttribute(range_key=True)


class DeliveriesOfEndpoint(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]  # PynamoDB leaves __init_subclass__ untyped
    """The deliveries to an endpoint in the order of their events, as lists show them: no body."""

    class Meta:
        index_name = "by_endpoint"
        projection = IncludeProjection(
            ["event_type", "task_id", "status", "outcome", "tries", "took_ms", "due_at"]
        )

    endpoint_id = UnicodeAttribute(hash_key=True)
    created_at = NumberAttribute(range_key=True)
