"""AWS's Signature Version 4 of a POST to the root of a service.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

_ALGORITHM = "AWS4-HMAC-SHA256"
_UNSIGNED = {"user-agent"}  # a proxy may change it


class Keys(NamedTuple):
    """Credentials; `token` belongs to temporary ones."""

    access_key: str
    secret_key: str
    token: str | None = None


def sign(
    headers: Mapping[str, str], body: bytes, keys: Keys, scope: tuple[str, str], at: float
) -> dict[str, str]:
    """Return the headers with the time, the token and the signature.

    Args:
        headers: Names in lower case, including `host`.
        body: The body of the request.
        keys: The credentials of the caller.
        scope: The region, and the service by its signing name.
        at: Epoch seconds by the service's clock, which allows 5 minutes either way.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
    signed = {**headers, "x-amz-date": stamp}
    if keys.token:
        signed["x-amz-security-token"] = keys.token
    place = "/".join((stamp[:8], *scope, "aws4_request"))
    names = sorted(signed.keys() - _UNSIGNED)
    lines = [f"{name}:{signed[name]}\n" for name in names]
    hashed = hashlib.sha256(body).hexdigest()
    request = f"POST\n/\n\n{''.join(lines)}\n{';'.join(names)}\n{hashed}"
    told = f"{_ALGORITHM}\n{stamp}\n{place}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = _key_of_day(keys.secret_key, stamp[:8], scope)
    signature = hmac.digest(key, told.encode(), "sha256").hex()
    signed["authorization"] = (
        f"{_ALGORITHM} Credential={keys.access_key}/{place}, "
        f"SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return signed


@lru_cache(maxsize=4)
def _key_of_day(secret_key: str, day: str, scope: tuple[str, str]) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (day, *scope, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
