"""AWS on a bad day: faults between the real clients and moto, for chosen calls."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError
from botocore.handlers import BUILTIN_HANDLERS
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import botocore_stubber

from chalicelib.adapters.dynamodb import connections
from tests.support import moto_calls

GoOn = Callable[[], AWSResponse]
Answer = Callable[[GoOn], AWSResponse]

ENDPOINTS, DELIVERIES, EVENTS = (
    f'"taskhook-dev-{table}"' for table in ("endpoints", "deliveries", "events")
)
ALWAYS = 1_000_000


@dataclass
class Fault:
    """What happens to some calls; `calls` holds the bodies of those that it happened to."""

    operation: str
    answer: Answer
    holding: tuple[str, ...]
    skip: int
    times: int
    calls: list[str] = field(default_factory=list)
    seen: int = 0

    def takes(self, operation: str, body: str) -> bool:
        """Whether it is this call's turn."""
        if operation != self.operation or not all(text in body for text in self.holding):
            return False
        self.seen += 1
        if not self.skip < self.seen <= self.skip + self.times:
            return False
        self.calls.append(body)
        return True


class Call(NamedTuple):
    """A call that was made: its operation, and what it asks for."""

    operation: str
    asked: dict[str, Any]


_faults: list[Fault] = []
_ears: list[list[Call]] = []
_lock = threading.Lock()
_one_at_a_time = threading.Lock()


def _answer(**call: Any) -> Any:
    request = call["request"]
    operation = moto_calls.text_of(request.headers.get("X-Amz-Target"))
    body = moto_calls.text_of(request.body)
    operation = operation.rpartition(".")[2]
    with _lock:
        for ear in _ears:
            ear.append(Call(operation, json.loads(body)))
        fault = next((fault for fault in _faults if fault.takes(operation, body)), None)
    return _moto(**call) if fault is None else fault.answer(lambda: _moto(**call))


def _moto(**call: Any) -> Any:
    """Have moto answer one call at a time: DynamoDB's writes are atomic, moto's are not."""
    request = call["request"]
    with _one_at_a_time:
        said = moto_calls.answer(request) if botocore_stubber.enabled else None
        if said is None:
            return botocore_stubber(**call)
        status, headers, body = said
        return AWSResponse(request.url, status, headers, MockRawResponse(body))  # type: ignore[arg-type]  # as moto does


BUILTIN_HANDLERS[BUILTIN_HANDLERS.index(("before-send", botocore_stubber))] = (
    "before-send",
    _answer,
)


class _ToMoto:
    """A connection of the store's own client, at whose other end is moto in this process."""

    stays_open = False

    def __init__(self, host: str) -> None:
        self._url = f"https://{host}/"

    def post(self, body: bytes, headers: Mapping[str, str]) -> connections.Answer:
        """Ask moto."""
        asked = AWSPreparedRequest("POST", self._url, HTTPHeaders(), body, False)
        for name, value in headers.items():
            asked.headers[name] = value
        try:
            said = _answer(event_name="before-send", request=asked)
        except ReadTimeoutError as error:
            raise TimeoutError from error
        if said is None:
            raise ConnectionRefusedError("a test that takes no `cloud` has no store")
        named = {name.lower(): str(value) for name, value in said.headers.items()}
        return connections.Answer(said.status_code, named, said.content)

    def close(self) -> None:
        """Close nothing."""


def _connect(host: str, *how: Any) -> Any:
    return _ToMoto(host) if host.endswith(".amazonaws.com") else connections.Connection(host, *how)


connections.CONNECT["https"] = _connect


@contextmanager
def wrong(
    operation: str, answer: Answer, *holding: str, skip: int = 0, times: int = ALWAYS
) -> Iterator[Fault]:
    """Let something go wrong with calls.

    Args:
        operation: Such as UpdateItem.
        answer: What happens instead of the call.
        holding: Texts that the calls' bodies hold.
        skip: How many of them are let through first.
        times: To how many it happens then; the client's own repeats count.
    """
    fault = Fault(operation, answer, holding, skip, times)
    _faults.append(fault)
    try:
        yield fault
    finally:
        _faults.remove(fault)


@contextmanager
def listening() -> Iterator[list[Call]]:
    """Yield the calls that are made meanwhile, in their order."""
    calls: list[Call] = []
    _ears.append(calls)
    try:
        yield calls
    finally:
        _ears.remove(calls)


def saying(status: int, code: str) -> Answer:
    """Refuse with an error of AWS."""
    return answering({"__type": code, "message": "not today"}, status)


def answering(content: Any, status: int = 200) -> Answer:
    """Answer without doing anything."""
    body = json.dumps(content).encode()
    headers = {"Content-Type": "application/x-amz-json-1.0"}

    def answer(_: GoOn) -> AWSResponse:
        raw = MockRawResponse(body)  # of each answer its own: it is read once
        return AWSResponse("", status, headers, raw)  # type: ignore[arg-type]  # as moto does

    return answer


def timed_out(_: GoOn) -> AWSResponse:
    """Say nothing, and do nothing."""
    raise ReadTimeoutError(endpoint_url="the store")


def lost(go_on: GoOn) -> AWSResponse:
    """Do what was asked, but let the answer be lost."""
    go_on()
    raise ReadTimeoutError(endpoint_url="the store")


def meanwhile(act: Callable[[], object]) -> Answer:
    """Let something else happen first."""

    def answer(go_on: GoOn) -> AWSResponse:
        act()
        return go_on()

    return answer


def afterwards(act: Callable[[], object]) -> Answer:
    """Let something else happen before the answer is told."""

    def answer(go_on: GoOn) -> AWSResponse:
        said = go_on()
        act()
        return said

    return answer


throttled = saying(400, "com.amazonaws.dynamodb.v20120810#ThrottlingException")
over_capacity = saying(
    400, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"
)
broken = saying(500, "com.amazonaws.dynamodb.v20120810#InternalServerError")
condition_failed = saying(400, "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException")


class Killed(BaseException):
    """The process ends here: nothing catches it."""


def killed(_: GoOn) -> AWSResponse:
    """End the process before the call."""
    raise Killed
