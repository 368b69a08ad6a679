"""Every table and index, and each write that needs a condition."""

from collections.abc import Iterable

from pynamodb.connection import Connection
from pynamodb.exceptions import TableError
from pynamodb.expressions.condition import Condition
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from chalicelib.adapters.store import TableMeta, reaching_store
from chalicelib.adapters.tables.board import NamedRow, Project, Task, User, named_rows
from chalicelib.adapters.tables.deliveries import BODY_NOT_KEPT, Delivery
from chalicelib.adapters.tables.endpoints import Endpoint
from chalicelib.adapters.tables.settings import Claim, Numbers, Settings

__all__ = [
    "BODY_NOT_KEPT",
    "Claim",
    "Delivery",
    "Endpoint",
    "NamedRow",
    "Numbers",
    "Project",
    "Settings",
    "Task",
    "User",
    "create_tables",
    "named_rows",
    "save_once",
]

TABLES: tuple[type[Model], ...] = (Task, Project, User, Endpoint, Delivery, Settings)
_connection = Connection(
    connect_timeout_seconds=TableMeta.connect_timeout_seconds,
    read_timeout_seconds=TableMeta.read_timeout_seconds,
    max_retry_attempts=TableMeta.max_retry_attempts,
)


def create_tables() -> None:
    """Create each table that is not there yet."""
    for table in TABLES:
        with reaching_store():
            if not table.exists():
                _create(table)


def _create(table: type[Model]) -> None:
    try:
        table.create_table(wait=True)
    except TableError as error:
        # Two starts at the same moment: the other one was quicker.
        if error.cause_response_code != "ResourceInUseException":
            raise


def _hash_key(row: Model) -> str:
    return next(name for name, attribute in row.get_attributes().items() if attribute.is_hash_key)


def save_once(rows: Iterable[Model], now: float) -> None:
    """Write all of the rows or none; each must be new. A claim that has expired counts as gone.

    Raises:
        ConditionFailed: One of them is there already.
    """
    with reaching_store(), TransactWrite(connection=_connection) as transaction:
        for row in rows:
            is_new: Condition = getattr(type(row), _hash_key(row)).does_not_exist()
            if isinstance(row, Claim):
                is_new = is_new | (Claim.expires_at < now)
            transaction.save(row, condition=is_new)
