"""The request of an attempt: its URL, its headers with the signature, its body."""

import time
from typing import NamedTuple

from chalicelib import __version__
from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.domain import formats, own_headers, targets
from chalicelib.services.deliveries import bodies
from chalicelib.services.endpoints import signing
from chalicelib.services.endpoints.token_sending import sends_token


def own_headers_of(delivery: Delivery, endpoint: Endpoint) -> dict[str, str]:
    """Return the headers that an endpoint adds to an attempt. Raises NotMade."""
    if not endpoint.headers:
        return {}
    of_old_row = {"id": delivery.event_id, "type": delivery.event_type}
    return own_headers.evaluate(endpoint.headers, delivery.event or of_old_row)


class Request(NamedTuple):
    """What an attempt sends, with its secrets."""

    url: str
    headers: dict[str, str]
    body: bytes


def request_of(delivery: Delivery, endpoint: Endpoint, token: str, own: dict[str, str]) -> Request:
    """Return what an attempt would send now, signed at this moment; saves nothing.

    `token` is as in `attempt`, `own` what `own_headers_of` returns. Raises as `write_body` does,
    and TargetRefused.
    """
    content_type = next((own[name] for name in own if name.lower() == "content-type"), "")
    body = bodies.write_body(delivery, endpoint, content_type).encode()
    target = formats.target_of(str(delivery.format), endpoint.url)
    url = targets.with_token(target.url, token if sends_token(endpoint) else "")
    signed = _headers(delivery, endpoint, int(time.time()), body)
    return Request(url, with_own(signed, own), body)


def _headers(delivery: Delivery, endpoint: Endpoint, timestamp: int, body: bytes) -> dict[str, str]:
    signed = signing.headers(endpoint, delivery.event_id, timestamp, body)
    return headers_of(delivery, int(delivery.tries) + 1) | signed


def with_own(headers: dict[str, str], own: dict[str, str]) -> dict[str, str]:
    """Return the headers of a request with an endpoint's own, which replace those of their name."""
    names = {name.lower() for name in own}
    return {name: value for name, value in headers.items() if name.lower() not in names} | own


def headers_of(delivery: Delivery, number: int) -> dict[str, str]:
    """Return the headers of an attempt, beside those that sign it.

    Args:
        delivery: What is sent.
        number: Which attempt it is, 1 for the first.
    """
    return {
        "Content-Type": formats.content_type(delivery.format),
        "User-Agent": f"Taskhook/{__version__}",
        "X-Taskhook-Event": delivery.event_type,
        "X-Taskhook-Attempt": str(number),
        "X-Taskhook-Task-Version": str(delivery.task_version),
        **({"X-Taskhook-Hops": str(int(delivery.hops) + 1)} if delivery.hops else {}),
    }
