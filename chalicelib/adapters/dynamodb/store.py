"""The base of all tables and rows, and the translation of DynamoDB's errors."""

import logging
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.connection import TableConnection
from pynamodb.constants import NULL
from pynamodb.exceptions import (
    AttributeDeserializationError,
    CancellationReason,
    PutError,
    PynamoDBException,
    TransactWriteError,
)
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.adapters import log
from chalicelib.adapters.dynamodb import new_rows
from chalicelib.adapters.dynamodb.client import CONNECTION
from chalicelib.adapters.dynamodb.plain_models import PlainModel
from chalicelib.adapters.dynamodb.rows import fault_of, plain_row
from chalicelib.domain.errors import RowBroken, RowRefused, StoreUnavailable, TaskhookError


class ConditionFailed(TaskhookError):
    """The condition of a conditional write did not hold."""

    def __init__(self, message: str, reasons: Iterable[CancellationReason] = ()) -> None:
        """Keep the rows in the way that a transaction asked for (`ALL_OLD`), as they are stored."""
        super().__init__(message)
        self.rows = [reason.raw_item for reason in reasons if reason.raw_item]


class Conflict(StoreUnavailable):
    """Another write of the same row was under way; a retry may succeed in a moment."""


_REFUSAL_CODES = {
    *("ValidationException", "ItemCollectionSizeLimitExceededException"),
    *("ValidationError", "ItemCollectionSizeLimitExceeded"),  # of a part of a transaction
}
_CONDITION_CODES = {"ConditionalCheckFailedException", "ConditionalCheckFailed"}
_FAILURE_CODES = {"InternalServerError", "InternalFailure"}
_CONFLICT_CODES = {
    "TransactionConflictException",
    "TransactionConflict",
    "TransactionInProgressException",
}


@contextmanager
def translating_store_errors() -> Iterator[None]:
    """Turn the store's exceptions into ours.

    Raises:
        ConditionFailed: The write's condition did not hold, or one of the transaction's.
        Conflict: Another write of the row was under way.
        RowBroken: The row that an update returned cannot be read.
        RowRefused: The store never accepts this row; for a read, the table has a wrong schema.
        StoreUnavailable: Anything else went wrong.
    """
    try:
        yield
    except PynamoDBException as error:
        code, why = _code(error), _reasons(error)
        codes = {code, *(reason.code for reason in why)}
        if codes & _CONDITION_CODES:
            raise ConditionFailed("it has just been changed by somebody else", why) from error
        if codes & _CONFLICT_CODES:
            raise Conflict("it is being changed by somebody else right now") from error
        if codes & _REFUSAL_CODES:
            raise RowRefused(f"the store refuses it: {error.cause_response_message}") from error
        if code in _FAILURE_CODES:  # only the message names a full disk or a damaged file
            log.once("store_failed", logging.ERROR, code=code, reason=error.cause_response_message)
        reason = code or type(error.cause or error).__name__
        raise StoreUnavailable(f"the store cannot be reached ({reason})") from error
    except AttributeDeserializationError as error:  # in the row that an update returned
        raise RowBroken("the row", str(error)) from error
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable(f"the store cannot be reached ({type(error).__name__})") from error


def _code(error: PynamoDBException) -> str | None:
    # PynamoDB's own fails without a response: a timeout, a lost connection.
    return error.cause_response_code if isinstance(error.cause, ClientError) else None


def _reasons(error: PynamoDBException) -> list[CancellationReason]:
    """Return the reasons why parts of a transaction could not be written."""
    reasons = error.cancellation_reasons if isinstance(error, TransactWriteError) else ()
    return [reason for reason in reasons if reason is not None]


_T = TypeVar("_T", bound="Table")

Writes = TransactWrite
"""The writes of a transaction."""

Query = Callable[..., Mapping[str, Any]]
"""Returns one page of a query's rows."""


class Table(PlainModel):
    """A table and its rows."""

    @classmethod
    def from_raw_data(cls: type[_T], data: dict[str, Any]) -> _T:  # noqa: PYI019 -- Self is of Python 3.11
        """Return a row as the store holds it, in half of PynamoDB's time. Raises RowBroken."""
        row = cls()
        try:
            for name, attribute in cls.get_attributes().items():
                value = data.get(attribute.attr_name)
                if value and NULL not in value:
                    setattr(row, name, attribute.deserialize(attribute.get_value(value)))
        except Exception as error:  # a row edited by hand may hold anything
            raise RowBroken(
                cls._name_of(data), fault_of(cls.get_attributes(), data) or str(error)
            ) from error
        return row

    def serialize(self, null_check: bool = True) -> dict[str, dict[str, Any]]:  # noqa: FBT001, FBT002 -- as PynamoDB has it
        """Return the row as the store holds it; PynamoDB's check for maps doubles the time."""
        if not null_check:
            return super().serialize(null_check=False)
        return new_rows.item_of(self)

    def save(self, condition: Condition | None = None, **_: Any) -> dict[str, Any]:
        """Write the whole row, in a third of PynamoDB's time."""
        try:
            return CONNECTION.dispatch("PutItem", new_rows.put_of(self, condition, None))
        except (BotoCoreError, ClientError) as error:
            raise PutError(f"Failed to put the row: {error}", error) from error

    @classmethod
    def _name_of(cls, data: Mapping[str, Any]) -> str:
        kinds = cls.get_attributes().values()
        key = {
            kind.attr_name: data[kind.attr_name]
            for kind in kinds
            if kind.is_hash_key or kind.is_range_key
        }
        return f"the row {' '.join(map(str, plain_row(key).values()))} of {cls.Meta.table_name}"

    @classmethod
    def read_all(cls: type[_T]) -> tuple[list[_T], list[RowBroken]]:  # noqa: PYI019 -- as above
        """Return every readable row, and an error for each other one, which is logged once."""
        rows, broken = [], []
        for item in all_pages(partial(cls._get_connection().scan, consistent_read=True)):
            try:
                rows.append(cls.from_raw_data(dict(item)))
            except RowBroken as error:
                broken.append(error)
                log.once("row_broken", logging.ERROR, error=str(error))
        return rows, broken

    @classmethod
    def query_of(
        cls, index: str, key: str | float, condition: Condition | None = None, **how: Any
    ) -> Query:
        """Return a query of an index, which returns a page of rows as the store holds them."""
        return partial(cls._get_connection().query, str(key), condition, index_name=index, **how)

    @classmethod
    def _get_connection(cls) -> TableConnection:
        table = super()._get_connection()
        if table.connection is not CONNECTION:
            CONNECTION.know(table.get_meta_table())
            table.connection = CONNECTION
        return table


class _Transaction(TransactWrite):
    def save(
        self, model: Any, condition: Condition | None = None, return_values: str | None = None
    ) -> None:
        """Write a whole row, in a third of PynamoDB's time."""
        self._put_items.append(new_rows.put_of(model, condition, return_values))

    def __exit__(self, *raised: object) -> None:
        with translating_store_errors():
            super().__exit__(*raised)  # type: ignore[no-untyped-call]  # of PynamoDB


def transaction() -> TransactWrite:
    """Write all or nothing, exactly once; the end raises as `translating_store_errors` does."""
    return _Transaction(secrets.token_hex(16), connection=CONNECTION)


def equals_or_absent(attribute: Any, value: object) -> Condition:
    """Return the condition that an attribute still has the value read; None: it was absent."""
    condition: Condition = attribute.does_not_exist() if value is None else attribute == value
    return condition


def version_is(key: Any, version: Any, seen: int) -> Condition:
    """Return the condition of optimistic locking: the version is as read; a missing one is 1."""
    is_same: Condition = version == seen
    if seen == 1:
        is_same |= version.does_not_exist()
    # An update of a removed row would create it again.
    condition: Condition = key.exists() & is_same
    return condition


def set_or_remove(attribute: Any, value: object) -> Action:
    """Return the action that gives an attribute a value; None or 0 removes it."""
    action: Action = attribute.set(value) if value else attribute.remove()
    return action


def set_nullable(attribute: Any, value: object) -> Action:
    """Return the action that sets an attribute; an optional one is removed by its default."""
    if attribute.null:
        return set_or_remove(attribute, None if value == attribute.default else value)
    action: Action = attribute.set(value)
    return action


def all_pages(ask: Query, start: Any = None) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of each page of a query or scan. Raises as `translating_store_errors` does.

    Args:
        ask: The query.
        start: The store's key to continue after; None: from the beginning.
    """
    while True:
        with translating_store_errors():
            page = ask(exclusive_start_key=start)
        yield from page["Items"]
        start = page.get("LastEvaluatedKey")
        if not start:
            return
