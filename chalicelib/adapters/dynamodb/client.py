"""The one client of DynamoDB: timeouts, and requests and answers as plain JSON."""

import json
import threading
from contextlib import suppress
from functools import cached_property
from typing import Any

from botocore.config import Config
from botocore.exceptions import NoRegionError
from botocore.session import Session, get_session
from pynamodb.connection import Connection
from pynamodb.connection.base import MetaTable
from pynamodb.constants import PAY_PER_REQUEST_BILLING_MODE

from chalicelib import __version__

_PLAIN = {
    "GetItem",
    "BatchGetItem",
    "Query",
    "Scan",
    "PutItem",
    "UpdateItem",
    "BatchWriteItem",
    "TransactWriteItems",
}
"""Operations whose requests and answers are plain JSON."""

_PLAIN_ANSWERS = _PLAIN | {"GetRecords"}  # of a stream, by the stream reader's own client


class TableMeta:
    """The settings that all tables share; times are in seconds."""

    billing_mode = PAY_PER_REQUEST_BILLING_MODE
    connect_timeout_seconds = 1
    read_timeout_seconds = 2
    max_retry_attempts = 2
    max_pool_connections = 50


class _OneClient(Connection):
    """PynamoDB's connection with one client for all tables, instead of one for each."""

    _making = threading.Lock()

    @cached_property
    def session(self) -> Session:  # PynamoDB keeps one for each thread
        session = get_session()
        # botocore builds a long user agent for each call, which is a tenth of a call's cost.
        session.set_default_client_config(Config(user_agent=f"Taskhook/{__version__}"))
        session.register("provide-client-params.dynamodb", _set_apart)
        session.register("before-call.dynamodb", _send_as_it_is)
        session.register("before-parse.dynamodb", take_as_it_is)
        return session

    @property
    def client(self) -> Any:
        """Return the client, which only one thread creates."""
        with self._making:
            return super().client

    def know(self, table: MetaTable) -> None:
        """Register a table's keys and indexes from a model; several models may share a table."""
        self._tables.setdefault(table.table_name, table)


CONNECTION = _OneClient(
    connect_timeout_seconds=TableMeta.connect_timeout_seconds,
    read_timeout_seconds=TableMeta.read_timeout_seconds,
    max_retry_attempts=TableMeta.max_retry_attempts,
    max_pool_connections=TableMeta.max_pool_connections,
)


def connect() -> None:
    """Create the client now: Lambda gives a starting function a whole CPU, later a third.

    Without a region it creates none; the first call then raises the error.
    """
    with suppress(NoRegionError):
        client()


def client() -> Any:
    """Return botocore's client, shared by all tables. Raises NoRegionError."""
    return CONNECTION.client


def _set_apart(**call: Any) -> Any:
    """Give botocore an empty request of the same shape: it serializes each value slowly."""
    if call["model"].name not in _PLAIN:
        return None
    call["context"]["plain"] = call["params"]
    return {name: type(value)() for name, value in call["params"].items()}


def _send_as_it_is(**call: Any) -> None:
    if call["model"].name in _PLAIN:
        call["params"]["body"] = json.dumps(call["context"].pop("plain")).encode()


def take_as_it_is(**answer: Any) -> None:
    """Parse an answer as plain JSON: botocore's own parser takes five times as long."""
    response = answer["response_dict"]
    if response["status_code"] == 200 and answer["operation_model"].name in _PLAIN_ANSWERS:
        answer["customized_response_dict"].update(json.loads(response["body"]))
        response["body"] = b"{}"
