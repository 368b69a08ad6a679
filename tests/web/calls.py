"""HTTP calls as API Gateway hands them to the Lambda function."""

import json
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode

import app
from tests.conftest import TOKEN

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


class Answer(NamedTuple):
    """What API Gateway is given back."""

    status: int
    text: str
    headers: dict[str, str]


def call(
    query: str = "",
    *,
    method: str = "GET",
    path: str = "/",
    headers: dict[str, str] | None = None,
    body: str | None = None,
) -> Answer:
    """Make a call; API Gateway decodes the query string."""
    event = {
        "requestContext": {"httpMethod": method, "resourcePath": path, "path": path, "identity": {}},
        "headers": headers or {},
        "multiValueQueryStringParameters": parse_qs(query, keep_blank_values=True) or None,
        "pathParameters": {},
        "stageVariables": None,
        "body": body,
        "isBase64Encoded": False,
    }
    answer: dict[str, Any] = app.app(event, None)
    return Answer(answer["statusCode"], answer["body"], answer["headers"])


def add(query: str = "", **more: Any) -> Answer:
    """Call the URL that adds a task, with the right token and what else the query says."""
    return call(f"controller=task&action=add&token={TOKEN}&{query}", **more)


def post_form(query: str = "", **fields: str) -> Answer:
    """Add a task with a form body."""
    return add(query, method="POST", headers={"content-type": FORM}, body=urlencode(fields))


def post_json(value: Any, query: str = "") -> Answer:
    """Add a task with a JSON body."""
    return add(query, method="POST", headers={"content-type": JSON}, body=json.dumps(value))
