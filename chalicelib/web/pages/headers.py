"""The headers of pages: security policies and cookies."""

from chalice.app import Request

from chalicelib.web import cookies, routing, session
from chalicelib.web.session import Session

ALWAYS: dict[str, str | list[str]] = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src "
    "'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

HSTS = "max-age=31536000"
"""Only https for this host, for a year (RFC 6797). Its subdomains may not be ours."""


def of(request: Request, own: Session, device_cookie: str | None) -> dict[str, str | list[str]]:
    """Return an answer's headers; on https they include HSTS."""
    set_cookies = [session.cookie_for(request, own), *cookies.endings(request)]
    if device_cookie:
        set_cookies.append(device_cookie)
    only = {"Strict-Transport-Security": HSTS} if routing.is_secure(request) else {}
    return {**ALWAYS, **only, "Set-Cookie": set_cookies if len(set_cookies) > 1 else set_cookies[0]}
