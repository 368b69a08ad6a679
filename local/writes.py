"""Which tables a call of DynamoDB writes to."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

_OF_ONE_TABLE = {"DeleteItem", "PutItem", "UpdateItem"}
_OF_STATEMENTS = {"BatchExecuteStatement", "ExecuteStatement", "ExecuteTransaction"}

WRITES = {"BatchWriteItem", "TransactWriteItems"} | _OF_ONE_TABLE | _OF_STATEMENTS
"""The operations that may write items."""


def written_tables(operation: str, asked: Mapping[str, Any]) -> set[str]:
    """Return the tables that a call may have written to; statements are not read.

    Args:
        operation: Its name, as in `PutItem`.
        asked: Its parameters.
    """
    if operation in _OF_ONE_TABLE:
        return {asked["TableName"]}
    if operation == "BatchWriteItem":
        return set(asked["RequestItems"])
    if operation == "TransactWriteItems":
        return {one["TableName"] for change in asked["TransactItems"] for one in change.values()}
    return set()


def telling(nudge: Callable[[Iterable[str]], None], tables: Iterable[str]) -> Callable[..., None]:
    """Return a listener for `client.listen` that tells which of these tables were written to."""
    watched = set(tables)

    def listener(operation: str, asked: Mapping[str, Any], *_: object) -> None:
        written = written_tables(operation, asked) & watched
        if written:
            nudge(written)

    return listener


def table_of(stream_arn: str) -> str:
    """Return the name of a stream's table: its ARN ends with `:table/NAME/stream/TIME`."""
    return stream_arn.split("/")[1]
