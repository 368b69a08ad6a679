"""Our client of the store and botocore's, which ask the same of a store that fails."""

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import certifi
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from chalicelib.adapters.dynamodb.connections import Limits
from chalicelib.adapters.dynamodb.data_calls import DataCalls, Service
from tests.support.failing_store import Step, failing

Call = Callable[[str, dict[str, Any]], dict[str, Any]]

ATTEMPTS = 3


def keys() -> Credentials:
    """Return made-up keys."""
    return Credentials("key", "secret")


def ours(
    url: str,
    credentials: Callable[[], Credentials | None] = keys,
    read: float = 10,
    attempts: int = ATTEMPTS,
    certificates: str = certifi.where(),
) -> Any:
    """Return a call by our client."""
    service = Service(url, "us-east-1", certificates=certificates)
    return DataCalls(credentials, service, Limits(1, read, attempts, 10)).call


@functools.cache
def _session() -> Session:
    """Read botocore's model of the service once: that takes longer than the calls."""
    session = Session()
    session.set_credentials("key", "secret")
    return session


def botocores(url: str, read: float = 10) -> Call:
    """Return a call by botocore's client, configured alike."""
    config = Config(
        parameter_validation=False,
        read_timeout=read,
        connect_timeout=1,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
    )
    client: Any = _session().create_client("dynamodb", "us-east-1", endpoint_url=url, config=config)
    call: Call = client._make_api_call
    return call


def outcome(call: Call, operation: str = "GetItem") -> Any:
    """Return the error of a call in the words that Taskhook reads, or its answer."""
    try:
        answer = call(operation, {})
    except ClientError as error:
        said = error.response
        more = [said.get("CancellationReasons"), said.get("Item")]
        return said["Error"], said["ResponseMetadata"]["HTTPStatusCode"], *more
    except BotoCoreError as error:
        return type(error)
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def both(
    *steps: Step, operation: str = "GetItem", calls: int = 1, read: float = 10
) -> list[tuple[Any, int]]:
    """Return what our client and botocore's say at last, and how many requests each made."""

    def run(client: Callable[..., Call]) -> tuple[Any, int]:
        with failing(*steps) as store:
            call = client(store.url, read=read)
            said = [outcome(call, operation) for _ in range(calls)]
            return said[-1], len(store.received)

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(run, (ours, botocores)))
