"""HTTP calls as API Gateway hands them to the Lambda function."""

import base64
import json
import secrets
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode

import app
from chalicelib.adapters.dynamodb.tables import User
from chalicelib.services.accounts import passwords, users
from tests.support.cloud import API_TOKEN, PASSWORD, TOKEN

HERE = "192.0.2.1"
"""The address that callers have unless a test says otherwise."""

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
    route: str | None = None,
    named: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    body: str | bytes | None = None,
    address: str = HERE,
) -> Answer:
    """Make a call from an address; `named` are the parts of the path that the route names.

    API Gateway decodes the query string, and hands a body over in base64.
    """
    content = body.encode() if isinstance(body, str) else body
    event = {
        "requestContext": {
            "httpMethod": method,
            "resourcePath": route or path,
            "path": path,
            "identity": {"sourceIp": address},
        },
        "headers": headers or {},
        "multiValueQueryStringParameters": parse_qs(query, keep_blank_values=True) or None,
        "pathParameters": named or {},
        "stageVariables": None,
        "body": base64.b64encode(content).decode() if content else None,
        "isBase64Encoded": bool(content),
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


def basic(username: str, password: str) -> dict[str, str]:
    """Return the header that says who asks."""
    return {
        "Authorization": "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
    }


NOBODY: dict[str, str] = {}
APPLICATION = basic("jsonrpc", API_TOKEN)
ADMIN = basic("admin", PASSWORD)


def post_rpc(
    body: str | bytes, headers: dict[str, str] = APPLICATION, address: str = HERE
) -> Answer:
    """Call the address of Kanboard's API with a body as it is."""
    return call(method="POST", path="/jsonrpc.php", headers=headers, body=body, address=address)


def rpc(
    method: str, params: Any = (), headers: dict[str, str] = APPLICATION, address: str = HERE
) -> Answer:
    """Call a procedure from an address; the id of the call is 1."""
    called = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return post_rpc(json.dumps(called), headers, address)


def result(method: str, params: Any = (), headers: dict[str, str] = APPLICATION) -> Any:
    """Return the result of a procedure, which must not fail."""
    answer = rpc(method, params, headers)
    assert answer.status == 200, answer
    return json.loads(answer.text)["result"]


def error(answer: Answer) -> tuple[int, str]:
    """Return the code and the message of the error that one call was answered."""
    said = json.loads(answer.text)["error"]
    assert set(said) == {"code", "message"}
    return said["code"], said["message"]


def sign_up(username: str, password: str = "secret", **fields: Any) -> dict[str, str]:  # noqa: S107 -- made up
    """Add a user with a cheap password hash, and return the user's Authorization header."""
    user = users.add_user(username, **fields)
    salt = secrets.token_bytes(8)
    parts = [
        "scrypt",
        "2",
        "1",
        "1",
        *map(passwords._base64, (salt, passwords._derive(password, salt, 2, 1, 1))),
    ]
    user.update(actions=[User.password_hash.set("$".join(parts))])
    return basic(username, password)
