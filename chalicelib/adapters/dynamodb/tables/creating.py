"""Creates the tables of a local run and of tests; on AWS the template creates them."""

from botocore.exceptions import ClientError
from pynamodb.exceptions import TableError
from pynamodb.models import Model

from chalicelib.adapters.dynamodb.store import translating_store_errors
from chalicelib.adapters.dynamodb.tables.comments import Comment
from chalicelib.adapters.dynamodb.tables.deliveries import Delivery
from chalicelib.adapters.dynamodb.tables.endpoints import Endpoint
from chalicelib.adapters.dynamodb.tables.history import PastEvent
from chalicelib.adapters.dynamodb.tables.payloads import Payload
from chalicelib.adapters.dynamodb.tables.projects import Project
from chalicelib.adapters.dynamodb.tables.settings import Settings
from chalicelib.adapters.dynamodb.tables.sources import SourceRow
from chalicelib.adapters.dynamodb.tables.tasks import Task
from chalicelib.adapters.dynamodb.tables.users import User

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
