"""Rows of several tables, written in one call."""

import random
import time
from collections.abc import Iterable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PutError

from chalicelib.adapters.dynamodb.client import CONNECTION
from chalicelib.adapters.dynamodb.store import Table, translating_store_errors
from chalicelib.domain.errors import StoreUnavailable

MOST = 25
"""The most rows of a call."""

_TRIES = 4  # of unprocessed rows
_BACKOFF = 0.05  # seconds at most, doubled each time


def put_all(rows: Iterable[Table]) -> None:
    """Write up to MOST rows, over existing ones.

    Raises as `translating_store_errors` does; some rows may be written then.
    """
    asked: dict[str, list[Any]] = {}
    for row in rows:
        asked.setdefault(row.Meta.table_name, []).append({"PutRequest": {"Item": row.serialize()}})
    for tries in range(_TRIES):
        if not asked:
            return
        if tries:  # the store asks for a backoff before unprocessed rows are sent again
            time.sleep(random.random() * _BACKOFF * 2**tries)  # noqa: S311 -- it hides nothing
        asked = _put(asked)
    if asked:
        raise StoreUnavailable("the store leaves rows undone")


def _put(asked: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return the unprocessed rows."""
    with translating_store_errors():
        try:
            answer = CONNECTION.dispatch("BatchWriteItem", {"RequestItems": asked})
        except (BotoCoreError, ClientError) as error:
            raise PutError(f"Failed to put rows: {error}", error) from error
    undone: dict[str, list[Any]] = answer.get("UnprocessedItems") or {}
    return undone
