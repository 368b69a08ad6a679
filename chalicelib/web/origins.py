"""Where a request comes from: its address, and whether its browser has signed in before."""

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
"""Seconds after which a browser with which nobody has signed in is a stranger again."""

MOST_USERS = 8
"""Users that one browser is known for, the last ones."""


def origin_of(request: Request) -> Origin:
    """Return where a request comes from; a browser proves itself by its device cookie."""
    device, user_ids = _device_of(request)
    return Origin(address_of(request), device, frozenset(user_ids))


def address_of(request: Request) -> str:
    """Return the IP address of the caller, as far as trusted servers tell it."""
    peer = str(request.context.get("identity", {}).get("sourceIp", ""))
    if not CONFIG.trusted_proxies:
        return peer
    forwarded = request.headers.get("x-forwarded-for", "").split(",")
    return accounts.client_address(peer, forwarded, CONFIG.trusted_proxies)


def device_cookie(request: Request, user: User) -> str:
    """Return the header that makes this browser one with which a user has signed in."""
    device, user_ids = _device_of(request)
    newest = [int(user.id), *(number for number in user_ids if number != user.id)][:MOST_USERS]
    said = {"device": device or secrets.token_urlsafe(16), "users": newest, "at": int(time.time())}
    return cookies.header_for(request, cookies.DEVICE, _signer().dumps(said), LIFETIME)


def _device_of(request: Request) -> tuple[str, list[int]]:
    """Return the id of a browser and who has signed in with it; of a stranger "" and nobody."""
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
