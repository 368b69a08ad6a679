"""Visits to pages as API Gateway hands them to the Lambda function."""

import base64
import re
from html import unescape
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import urlencode

from chalice.local import LambdaEventConverter, RouteMatcher

import app
from chalicelib.services.accounts import users
from chalicelib.web import session
from tests.support.http_calls import FORM, HERE

_converter = LambdaEventConverter(RouteMatcher(list(app.app.routes)), app.app.api.binary_types)


class Page(NamedTuple):
    """What a browser is given."""

    status: int
    text: str
    headers: dict[str, Any]
    is_base64: bool = False

    @property
    def content(self) -> bytes:
        """Its bytes."""
        return base64.b64decode(self.text) if self.is_base64 else self.text.encode()

    @property
    def html(self) -> str:
        """Its HTML on one line: where the template breaks a line changes nothing."""
        return re.sub(r"\s+", " ", self.text)

    @property
    def seen(self) -> str:
        """What somebody reads."""
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", self.text)))


def open_address(
    method: str,
    address: str,
    headers: dict[str, str],
    body: str | None = None,
    *,
    stage: str = "",
    source: str = HERE,
) -> Page:
    """Call the function for an address below a stage, as the gateway does for IP `source`.

    Raises:
        ValueError: There is no such route.
    """
    event = event_of(method, address, headers, body, stage=stage)
    event["requestContext"]["identity"]["sourceIp"] = source
    return page_of(app.app(event, None))


def event_of(
    method: str, address: str, headers: dict[str, str], body: str | None = None, *, stage: str = ""
) -> dict[str, Any]:
    """Return what the gateway sends for an address below a stage.

    Raises:
        ValueError: There is no such route.
    """
    event: dict[str, Any] = _converter.create_lambda_event(
        method, address, headers, (body or "").encode()
    )
    event |= {
        "body": base64.b64encode(body.encode()).decode() if body else None,
        "isBase64Encoded": bool(body),
    }
    event["requestContext"]["path"] = stage + address.partition("?")[0]
    return event


def page_of(answer: dict[str, Any]) -> Page:
    """Return what the gateway makes of the function's answer."""
    headers = answer["headers"] | answer["multiValueHeaders"]
    is_base64 = answer.get("isBase64Encoded", False)
    return Page(answer["statusCode"], answer["body"], headers, is_base64)


def cookie_of(header: str | list[str]) -> str:
    """Return the cookies that one or several headers set, as a browser sends them back."""
    headers = header if isinstance(header, list) else [header]
    return "; ".join(one.partition(";")[0] for one in headers)


class Visitor:
    """Somebody at the pages, who has signed in; user 0 has not."""

    def __init__(self, user_id: int = 1) -> None:
        """Sign in."""
        self.session = session.begun(users.get_user(user_id) if user_id else None)
        self.headers = {
            "cookie": cookie_of(session.cookie(self.session, path="/", is_secure=False))
        }

    def get(self, address: str) -> Page:
        """Open a page."""
        return open_address("GET", address, self.headers)

    def post(self, path: str, *, source: str = HERE, **fields: object) -> Page:
        """Send a form of a page with its token, or with a given one, from an IP address."""
        whole = {"csrf_token": self.session.csrf_token, **fields}
        headers = self.headers | {"content-type": FORM}
        return open_address("POST", path, headers, urlencode(whole), source=source)


class _Forms(HTMLParser):
    """The forms of a page, as a browser would send them: by the values of their buttons."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.by_button: dict[str, dict[str, str]] = {}
        self._open: str | None = None  # the select or textarea that the parser is in

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: text or "" for name, text in attrs}
        name, value = attributes.get("name", ""), attributes.get("value", "")
        if tag == "form":
            self.fields = {}
        elif tag == "button":
            self.by_button[value] = self.fields
        elif tag == "input" and (attributes.get("type") != "checkbox" or "checked" in attributes):
            self.fields[name] = value
        elif tag in {"select", "textarea"}:
            self._open = name
            self.fields[name] = ""
        elif (
            tag == "option"
            and self._open
            and ("selected" in attributes or not self.fields[self._open])
        ):
            self.fields[self._open] = value

    def handle_data(self, data: str) -> None:
        if self._open and self.lasttag == "textarea":
            # The first line end is none of the text.
            self.fields[self._open] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"select", "textarea"}:
            self._open = None


def token_of(page: Page) -> str:
    """Return the token that the forms of a page carry."""
    return re.findall('name="csrf_token" value="([^"]+)"', page.text)[0]


def form_of(page: Page, button: str = "") -> dict[str, str]:
    """Return what a form of a page sends when nothing in it was touched, but for its token."""
    forms = _Forms()
    forms.feed(page.text)
    return {name: text for name, text in forms.by_button[button].items() if name != "csrf_token"}
