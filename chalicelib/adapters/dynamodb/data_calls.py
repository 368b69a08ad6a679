"""Signs and sends the store's data calls at a fifth of botocore's CPU.

The rules of retries are those of the SDKs' standard mode:
https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
"""

import json
import logging
import random
import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

import certifi
from botocore import exceptions as boto
from botocore.retries.quota import RetryQuota

from chalicelib import __version__
from chalicelib.adapters.dynamodb.connections import Answer, Connections, Limits
from chalicelib.adapters.dynamodb.signature_v4 import Keys, sign

_log = logging.getLogger(__name__)

OPERATIONS = frozenset(
    {
        *("GetItem", "BatchGetItem", "Query", "Scan"),
        *("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"),
    }
)
"""The data calls of tables."""

_THROTTLED = {
    *("ThrottlingException", "Throttling", "ThrottledException", "RequestThrottledException"),
    *("ProvisionedThroughputExceededException", "TransactionInProgressException"),
    *("RequestLimitExceeded", "LimitExceededException", "TooManyRequestsException", "429"),
}
_TRANSIENT = {"RequestTimeout", "RequestTimeoutException", "PriorRequestNotComplete"}
_TRANSIENT |= {"InternalServerError", "500", "502", "503", "504"}
_TRANSIENT_STATUSES = {500, 502, 503, 504}
_LOST = (boto.ConnectionError, boto.HTTPClientError, boto.ChecksumError)

# The service refuses requests whose signing time is off by 5 minutes.
_CLOCK = {"InvalidSignatureException", "RequestExpired", "RequestTimeTooSkewed"}
_CLOCK |= {"RequestInTheFuture", "SignatureDoesNotMatch", "AuthFailure"}
_CLOCK_IS_OFF = 240  # seconds

_LONGEST_ADVICE = 5.0  # seconds of x-amz-retry-after beyond the backoff


Listener = Callable[[str, Mapping[str, Any], int, str], object]
"""Receives each call that was answered: its operation and parameters, the status, and an error's
message."""


class Credentials(Protocol):
    """Credentials as botocore has them."""

    def get_frozen_credentials(self) -> Any:
        """Return the present `access_key`, `secret_key` and `token`."""


class Service(NamedTuple):
    """The service: a URL without a path, and a file with the trusted authorities."""

    address: str
    region: str
    target: str = "DynamoDB_20120810"
    certificates: str = certifi.where()


class _Price(NamedTuple):
    """The cost of a retry: seconds at most, doubled each time, and a part of a quota of 500."""

    backoff: float
    share: int


_PRICE, _PRICE_OF_THROTTLED = _Price(0.025, 14), _Price(1.0, 5)


class DataCalls:
    """The data calls of a service, over connections that all threads share."""

    def __init__(
        self,
        find_credentials: Callable[[], Credentials | None],
        service: Service,
        limits: Limits,
    ) -> None:
        """Start without connections.

        Args:
            find_credentials: Called until it returns some; those refresh themselves.
            service: The service to call.
            limits: The bounds of each call.
        """
        self._find_credentials, self._service = find_credentials, service
        self._attempts = limits.attempts
        self._credentials: Credentials | None = None
        self._connections = Connections(service.address, service.certificates, limits)
        self._quota = RetryQuota()
        self._clock_offset = 0.0  # seconds by which the service's clock is ahead
        self.listeners: list[Listener] = []

    def connect(self) -> Credentials | None:
        """Find the credentials before they are needed."""
        self._credentials = self._find_credentials()
        return self._credentials

    def call(self, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Make a call, retry it if that may help, and return its answer as botocore does.

        Raises:
            BotoCoreError: There are no credentials, or no whole answer arrived.
            ClientError: The service refused the call.
        """
        body, share = _encoded(asked).encode(), 1
        for retries in range(self._attempts):
            try:
                answer = self._attempt(operation, asked, body)
            except (boto.ClientError, *_LOST) as error:
                price = self._price_of_retry(error)
                is_last = retries + 1 == self._attempts
                if price is None or is_last or not self._quota.acquire(price.share):
                    raise
                share = price.share
                time.sleep(_backoff(error, price.backoff * 2**retries))
            else:
                self._quota.release(share)
                return answer
        raise AssertionError(self._attempts)

    def _attempt(self, operation: str, asked: Mapping[str, Any], body: bytes) -> dict[str, Any]:
        _log.debug("Sending %s", operation)
        response = self._connections.post(body, self._signed(operation, body))
        _check_sum(response)
        answer = _content(response)
        answer["ResponseMetadata"] = {
            "HTTPStatusCode": response.status,
            "HTTPHeaders": response.headers,
        }
        if response.status == 200:
            self._tell(operation, asked, 200, "")
            return answer
        error = _error(operation, answer)
        self._tell(operation, asked, response.status, error.response["Error"]["Message"])
        raise error

    def _tell(self, *told: Any) -> None:
        for listener in self.listeners:
            listener(*told)

    def _signed(self, operation: str, body: bytes) -> dict[str, str]:
        credentials = self._credentials or self.connect()
        if credentials is None:
            raise boto.NoCredentialsError
        frozen = credentials.get_frozen_credentials()
        keys = Keys(str(frozen.access_key), str(frozen.secret_key), frozen.token)
        headers = {
            "host": urlsplit(self._service.address).netloc,
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": f"{self._service.target}.{operation}",
            "user-agent": f"Taskhook/{__version__}",
        }
        scope = self._service.region, "dynamodb"  # the signing name of streams too
        now = time.time() + self._clock_offset
        return sign(headers, body, keys, scope, now)

    def _price_of_retry(self, error: boto.BotoCoreError | boto.ClientError) -> _Price | None:
        """Return the cost of a retry after this error; None: a retry would not help."""
        if not isinstance(error, boto.ClientError):
            return _PRICE
        code = error.response["Error"]["Code"]
        if code in _THROTTLED:
            return _PRICE_OF_THROTTLED
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if code in _TRANSIENT or status in _TRANSIENT_STATUSES:
            return _PRICE
        return _PRICE if code in _CLOCK and self._learns_time(error) else None

    def _learns_time(self, refusal: boto.ClientError) -> bool:
        """Take the time from the service's answer; return whether our clock was too far off."""
        from email.utils import parsedate_to_datetime  # noqa: PLC0415 -- slow, and seldom needed

        with suppress(ValueError, TypeError):
            date = parsedate_to_datetime(_header(refusal, "date"))
            offset = date.timestamp() - time.time()
            if abs(offset - self._clock_offset) > _CLOCK_IS_OFF:
                self._clock_offset = offset
                return True
        return False


_encoded = json.JSONEncoder(check_circular=False, separators=(",", ":")).encode
"""Makes JSON of a call in three quarters of the usual time."""


def _check_sum(response: Answer) -> None:
    told, found = response.headers.get("x-amz-crc32"), str(zlib.crc32(response.body))
    if told not in {None, found}:
        raise boto.ChecksumError(
            checksum_type="crc32", expected_checksum=str(told), actual_checksum=found
        )


def _content(response: Answer) -> dict[str, Any]:
    """Return an answer's JSON object; of an error, what a proxy says instead is its message."""
    try:
        content = json.loads(response.body)
    except ValueError as error:
        if response.status == 200:
            raise boto.HTTPClientError(error=error) from error
        content = None
    if isinstance(content, dict):
        return content
    is_page = response.status >= 500
    text = _phrase(response.status) if is_page else response.body.decode(errors="replace")
    return {"message": text}


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else ""


def _error(operation: str, answer: dict[str, Any]) -> boto.ClientError:
    """Return the exception of a refusal, as botocore's parser of JSON makes it."""
    code = str(answer.get("__type", answer["ResponseMetadata"]["HTTPStatusCode"]))
    message = str(answer.get("message", answer.get("Message", "")))
    kind = code.partition(":")[0].rpartition("#")[2]
    answer["Error"] = {"Message": message, "Code": kind}
    return boto.ClientError(answer, operation)  # type: ignore[arg-type]  # it wants a TypedDict


def _header(error: boto.ClientError, name: str) -> Any:
    return error.response["ResponseMetadata"]["HTTPHeaders"].get(name)


def _backoff(error: Exception, most: float) -> float:
    """Return the seconds until a retry: random, at least what the service advises."""
    wait = random.random() * min(most, 20)  # noqa: S311 -- it hides nothing
    with suppress(TypeError, ValueError):  # its advice cannot be read
        if isinstance(error, boto.ClientError):
            advised = int(_header(error, "x-amz-retry-after")) / 1000
            return max(wait, min(advised, wait + _LONGEST_ADVICE))
    return wait
