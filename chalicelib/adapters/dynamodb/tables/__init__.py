"""Every table and index, and each write that needs a condition."""

from collections.abc import Iterable

from botocore.exceptions import ClientError
from pynamodb.exceptions import TableError
from pynamodb.models import Model

from chalicelib.adapters.dynamodb.store import transaction, translating_store_errors
from chalicelib.adapters.dynamodb.tables.comments import Comment
from chalicelib.adapters.dynamodb.tables.deliveries import Delivery
from chalicelib.adapters.dynamodb.tables.delivery_contents import BODY_NOT_KEPT
from chalicelib.adapters.dynamodb.tables.endpoints import Endpoint
from chalicelib.adapters.dynamodb.tables.history import PastEvent
from chalicelib.adapters.dynamodb.tables.payloads import Payload
from chalicelib.adapters.dynamodb.tables.places import Counted, Places
from chalicelib.adapters.dynamodb.tables.projects import NamedRow, Project, named_rows
from chalicelib.adapters.dynamodb.tables.refused_requests import RefusedRequest
from chalicelib.adapters.dynamodb.tables.settings import Claim, Numbers, Settings
from chalicelib.adapters.dynamodb.tables.sources import Link, SourceRow
from chalicelib.adapters.dynamodb.tables.tasks import Task
from chalicelib.adapters.dynamodb.tables.tries import Tries
from chalicelib.adapters.dynamodb.tables.undo import Undo
from chalicelib.adapters.dynamodb.tables.users import ApiToken, User

__all__ = [
    "BODY_NOT_KEPT",
    "ApiToken",
    "Claim",
    "Comment",
    "Counted",
    "Delivery",
    "Endpoint",
    "Link",
    "NamedRow",
    "Numbers",
    "PastEvent",
    "Payload",
    "Places",
    "Project",
    "RefusedRequest",
    "Settings",
    "SourceRow",
    "Task",
    "Tries",
    "Undo",
    "User",
    "create_tables",
    "named_rows",
    "save_once",
]

TABLES: tuple[type[Model], ...] = (
    *(Task, Comment, PastEvent, Project, User, Endpoint),
    *(SourceRow, Payload, Delivery, Settings),
)


def create_tables() -> None:
    """Create the tables that do not exist yet."""
    for table in TABLES:
        with translating_store_errors():
            if not table.exists():
                _create(table)


def _create(table: type[Model]) -> None:
    try:
        table.create_table(wait=True)
    except TableError as error:
        # Of two starts at the same moment the other was quicker. An error without a response has
        # no code.
        code = error.cause_response_code if isinstance(error.cause, ClientError) else None
        if code != "ResourceInUseException":
            raise


def _hash_key(row: Model) -> str:
    return next(name for name, attribute in row.get_attributes().items() if attribute.is_hash_key)


def save_once(rows: Iterable[Model], now: float) -> None:
    """Write all of the rows or none; each must be new. An expired claim counts as removed.

    Raises:
        ConditionFailed: One of them exists already.
    """
    with transaction() as writes:
        for row in rows:
            if isinstance(row, Claim):
                row.take(writes, now)
            else:
                writes.save(row, condition=getattr(type(row), _hash_key(row)).does_not_exist())
