"""Cookies, protected from other sites on the host as far as browsers support it."""

from chalice.app import Request

from chalicelib.web import routing

SESSION, DEVICE = "taskhook", "taskhook-device"

HOST = "__Host-"
"""Browsers accept a cookie with this prefix only over https, for the path `/` and this host (RFC
6265bis, 4.1.3.2)."""


def value_of(request: Request, name: str) -> str:
    """Return the value of our cookie, or ""; cookies of other programs on the host are ignored."""
    return _held(request).get(
        _full_name(name, _path(request), is_secure=routing.is_secure(request)), ""
    )


def header(name: str, value: str, *, path: str, is_secure: bool, max_age: int) -> str:
    """Return the header that sets a cookie for `max_age` seconds."""
    full_name = _full_name(name, path, is_secure=is_secure)
    secure = "; Secure" if is_secure else ""
    return f"{full_name}={value}; Path={path}; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}"


def header_for(request: Request, name: str, value: str, max_age: int) -> str:
    """Return the header that sets a cookie for the request's address."""
    return header(
        name, value, path=_path(request), is_secure=routing.is_secure(request), max_age=max_age
    )


def endings(request: Request) -> list[str]:
    """Return the headers that end the cookies an earlier release set under plain names."""
    if not (routing.is_secure(request) and _path(request) == "/"):
        return []
    return [
        f"{name}=; Path=/; Max-Age=0; HttpOnly; Secure"
        for name in (SESSION,)
        if name in _held(request)
    ]


def _held(request: Request) -> dict[str, str]:
    pairs = (pair.strip().partition("=") for pair in request.headers.get("cookie", "").split(";"))
    held: dict[str, str] = {}
    for name, _, value in pairs:
        held.setdefault(name, value)
    return held


def _full_name(name: str, path: str, *, is_secure: bool) -> str:
    return HOST + name if is_secure and path == "/" else name


def _path(request: Request) -> str:
    return routing.stage(request) or "/"
