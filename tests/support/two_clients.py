"""Our client of the store and botocore's, which ask the same of a store that fails."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from chalicelib.adapters.dynamodb.client import new_session
from chalicelib.adapters.dynamodb.connections import Timeouts
from chalicelib.adapters.dynamodb.data_calls import DataCalls, Service
from tests.support.failing_store import Step, failing

Call = Callable[[str, dict[str, Any]], dict[str, Any]]

ATTEMPTS = 3


def session_with_keys() -> Session:
    """Return a session with made-up keys."""
    session = new_session()
    session.set_credentials("key", "secret")
    return session


def ours(
    url: str, session: Session | None = None, read: float = 0.3, attempts: int = ATTEMPTS
) -> Any:
    """Return a call by our client."""
    return DataCalls(
        session or session_with_keys(), Service(url, "us-east-1"), Timeouts(1, read), attempts, 10
    ).call


def botocores(url: str) -> Call:
    """Return a call by botocore's client, configured alike."""
    config = Config(
        parameter_validation=False,
        read_timeout=0.3,
        connect_timeout=1,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
    )
    client: Any = session_with_keys().create_client(
        "dynamodb", "us-east-1", endpoint_url=url, config=config
    )
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


def both(*steps: Step, operation: str = "GetItem", calls: int = 1) -> list[tuple[Any, int]]:
    """Return what our client and botocore's say at last, and how many requests each made."""

    def run(client: Callable[[str], Call]) -> tuple[Any, int]:
        with failing(*steps) as store:
            call = client(store.url)
            said = [outcome(call, operation) for _ in range(calls)]
            return said[-1], len(store.received)

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(run, (ours, botocores)))
