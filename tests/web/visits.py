"""Visits to pages as API Gateway hands them to the Lambda function."""

import re
from html import unescape
from typing import Any, NamedTuple
from urllib.parse import urlencode

from chalice.local import LambdaEventConverter, RouteMatcher

import app
from chalicelib.services import people
from chalicelib.web import session
from tests.web.calls import FORM

_converter = LambdaEventConverter(RouteMatcher(list(app.app.routes)), app.app.api.binary_types)


class Page(NamedTuple):
    """What a browser is given."""

    status: int
    text: str
    headers: dict[str, Any]

    @property
    def seen(self) -> str:
        """What somebody reads."""
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", self.text)))


def open_address(
    method: str, address: str, headers: dict[str, str], body: str | None = None, *, stage: str = ""
) -> Page:
    """Call the function for an address below a stage, as the gateway does.

    Raises:
        ValueError: There is no such route.
    """
    event: dict[str, Any] = _converter.create_lambda_event(method, address, headers, (body or "").encode())
    event["body"] = body
    event["requestContext"]["path"] = stage + address.partition("?")[0]
    answer = app.app(event, None)
    return Page(answer["statusCode"], answer["body"], answer["headers"] | answer["multiValueHeaders"])


def cookie_of(header: str) -> str:
    """Return the cookie that a header sets, as a browser sends it back."""
    return header.partition(";")[0]


class Visitor:
    """Somebody at the pages, who has signed in; user 0 has not."""

    def __init__(self, user_id: int = 1) -> None:
        """Sign in."""
        self.session = session.begun(people.get_user(user_id) if user_id else None)
        self.headers = {"cookie": cookie_of(session.cookie(self.session, path="/", is_secure=False))}

    def get(self, address: str) -> Page:
        """Open a page."""
        return open_address("GET", address, self.headers)

    def post(self, path: str, **fields: object) -> Page:
        """Send a form of a page with its token; a token that is given stands in its place."""
        whole = {"csrf_token": self.session.csrf_token, **fields}
        return open_address("POST", path, self.headers | {"content-type": FORM}, urlencode(whole))
