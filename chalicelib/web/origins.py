"""The origin of a request: its address, and whether the browser has signed in before."""

import secrets
import time

from chalice.app import Request
from itsdangerous import BadSignature, URLSafeSerializer

from chalicelib.adapters.dynamodb.tables import User
from chalicelib.config import CONFIG
from chalicelib.domain import accounts
from chalicelib.services.accounts import settings
from chalicelib.services.accounts.lockout import Origin
from chalicelib.web import cookies

LIFETIME = 365 * 24 * 3600
"""Seconds after the last sign-in for which a browser stays known."""

MOST_USERS = 8
"""The most users for whom one browser is known."""


def origin_of(request: Request) -> Origin:
    """Return the origin of a request; the device cookie identifies the browser."""
    device, user_ids = _device_of(request)
    return Origin(address_of(request), device, frozenset(user_ids))


def address_of(request: Request) -> str:
    """Return the IP address of the caller, as reported by trusted proxies."""
    peer = str(request.context.get("identity", {}).get("sourceIp", ""))
    if not CONFIG.trusted_proxies:
        return peer
    forwarded = request.headers.get("x-forwarded-for", "").split(",")
    return accounts.client_address(peer, forwarded, CONFIG.trusted_proxies)


def device_cookie(request: Request, user: User) -> str:
    """Return the header that marks this browser as known for a user."""
    device, user_ids = _device_of(request)
    newest = [int(user.id), *(number for number in user_ids if number != user.id)][:MOST_USERS]
    said = {"device": device or secrets.token_urlsafe(16), "users": newest, "at": int(time.time())}
    return cookies.header_for(request, cookies.DEVICE, _signer().dumps(said), LIFETIME)


def _device_of(request: Request) -> tuple[str, list[int]]:
    """Return a browser's id and the users known for it; "" and none for an unknown browser."""
    value = cookies.value_of(request, cookies.DEVICE)
    if not value:
        return "", []
    try:
        said = _signer().loads(value)
        device, user_ids, at = (
            str(said["device"]),
            [int(number) for number in said["users"]],
            int(said["at"]),
        )
    except (BadSignature, KeyError, TypeError, ValueError):
        return "", []
    return (device, user_ids) if time.time() - at < LIFETIME else ("", [])


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings.session_key(), salt="device")
