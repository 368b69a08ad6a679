"""DynamoDB's calls, answered by moto's own actions in this process, by a short way.

Moto's way to an action and back takes three quarters of a call: it compares the URL with those of
200 services, makes a request of werkzeug's, reads the body by botocore's model, and takes the
answer apart by that model to write what it was before.
"""

import base64
import json
from collections.abc import Callable
from datetime import datetime, timezone
from functools import cache
from typing import Any

from botocore.awsrequest import AWSPreparedRequest
from moto import backend_index
from moto.core import responses
from moto.core.common_types import TYPE_RESPONSE
from moto.core.utils import get_service_model, method_names_from_class
from moto.dynamodb.responses import DynamoHandler
from moto.dynamodbstreams.responses import DynamoDBStreamsHandler

from chalicelib.adapters.dynamodb.data_calls import OPERATIONS

_URLS = (
    "https://dynamodb.us-east-1.amazonaws.com/",
    "https://streams.dynamodb.us-east-1.amazonaws.com/",
)
_BYTES = '"B":', '"BS":'
"""The types of values that moto's actions take in another form than JSON has."""


class _ShortWay(responses.BaseResponse):
    def answer(self, target: str, body: str) -> TYPE_RESPONSE:
        """Take the action that `X-Amz-Target` names, with what actions read of a request."""
        self.headers = {"x-amz-target": target, "Content-Type": "application/x-amz-json-1.0"}
        self.body, self.params = body, json.loads(body)
        self.querystring, self.uri_match, self.response_headers = {}, {}, {}
        self.region, self.current_account = "us-east-1", "123456789012"
        return self.call_action()

    def serialized(self, action_result: responses.ActionResult) -> TYPE_RESPONSE:
        """Write the JSON of an answer; moto writes that of an error."""
        answer: Any = action_result.result
        if isinstance(answer, Exception):
            return super().serialized(action_result)
        given = {}
        for name in _members(self.boto3_service_name, self._get_action()):
            if answer.get(name) is not None:
                given[name] = answer[name]
        return 200, self.response_headers, json.dumps(given, default=_plain)

    @staticmethod
    def _enrich_response(headers: dict[str, str], body: Any) -> tuple[dict[str, str], Any]:
        """Leave the request's id out: moto draws each of its letters, and nobody reads them."""
        return headers, body


class _Tables(_ShortWay, DynamoHandler): ...


class _Streams(_ShortWay, DynamoDBStreamsHandler): ...


@cache
def _members(service: str, operation: str) -> tuple[str, ...]:
    """Return the names that an answer has; actions leave more in it."""
    shape = get_service_model(service).operation_model(operation).output_shape
    return tuple(shape.members)


def _plain(value: datetime | bytes) -> float | str:
    """Return what stands for a value in AWS's JSON: epoch seconds with milliseconds, or base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return int(value.replace(tzinfo=timezone.utc).timestamp() * 1000) / 1000


_HANDLERS: dict[str, Callable[[], _ShortWay]] = dict.fromkeys(
    (f"DynamoDB_20120810.{name}" for name in OPERATIONS), _Tables
)
for _name in ("ListStreams", "DescribeStream", "GetShardIterator", "GetRecords"):
    _HANDLERS[f"DynamoDBStreams_20120810.{_name}"] = _Streams

# Of all services these tests call only this one by moto's own way often.
backend_index.backend_url_patterns.sort(key=lambda known: known[0] != "sqs")

# It looks at all attributes of a class again for each call.
responses.method_names_from_class = cache(method_names_from_class)  # type: ignore[attr-defined]  # it imports it


def answer(request: AWSPreparedRequest) -> TYPE_RESPONSE | None:
    """Return the status, headers and body of an answer; None: only moto's own way leads there."""
    target, body = text_of(request.headers.get("X-Amz-Target")), text_of(request.body)
    make = _HANDLERS.get(target)
    if make is None or request.url not in _URLS or any(kind in body for kind in _BYTES):
        return None
    return make().answer(target, body)


def text_of(part: Any) -> str:
    """Return a part of a request as text."""
    return part.decode() if isinstance(part, bytes) else part or ""
