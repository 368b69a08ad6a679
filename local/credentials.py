"""The keys of a run, and the check of AWS's Signature Version 4."""

import hashlib
import hmac
import re
import secrets
import string
from typing import NamedTuple
from urllib.parse import urlsplit

from local.backends import Request

_ALPHABET = string.ascii_uppercase + string.digits
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<id>[^/,\s]{1,128})/(?P<scope>[^,\s]{1,128}),\s*"
    r"SignedHeaders=(?P<names>[a-z0-9;-]{1,1000}),\s*Signature=(?P<signature>[0-9a-f]{64})"
)


class Credentials(NamedTuple):
    """An AWS access key."""

    access_key_id: str
    secret_access_key: str


def new_credentials(access_key_id: str | None = None) -> Credentials:
    """Return random keys; with a given id only the secret is random."""
    random_id = "TH" + "".join(secrets.choice(_ALPHABET) for _ in range(18))
    return Credentials(access_key_id or random_id, secrets.token_urlsafe(30))


class Claim(NamedTuple):
    """The claims of the header `Authorization`, not verified yet."""

    access_key_id: str
    scope: str
    names: tuple[str, ...]
    signature: str


def read_authorization(header: str | None) -> Claim | None:
    """Parse the header `Authorization`; None if it is missing or of another kind."""
    found = _AUTHORIZATION.fullmatch(header.strip()) if header else None
    return (
        Claim(found["id"], found["scope"], tuple(found["names"].split(";")), found["signature"])
        if found
        else None
    )


def is_signed(request: Request, claim: Claim, keys: Credentials) -> bool:
    """Tell whether a request was signed with the secret, as its `claim` says.

    The rules: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    if "host" not in claim.names or not set(claim.names) <= request.headers.keys():
        return False
    where = urlsplit(request.target)
    headers = "".join(f"{name}:{' '.join(request.headers[name].split())}\n" for name in claim.names)
    digest = hashlib.sha256(request.body).hexdigest()
    names = ";".join(claim.names)
    canonical = "\n".join([request.method, where.path or "/", where.query, headers, names, digest])
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"AWS4-HMAC-SHA256\n{request.headers.get('x-amz-date', '')}\n{claim.scope}\n{hashed}"
    signature = hmac.new(_signing_key(keys, claim.scope), to_sign.encode(), "sha256").hexdigest()
    return hmac.compare_digest(signature, claim.signature)


def _signing_key(keys: Credentials, scope: str) -> bytes:
    key = b"AWS4" + keys.secret_access_key.encode()
    for part in scope.split("/"):  # date, region, service, aws4_request
        key = hmac.new(key, part.encode(), "sha256").digest()
    return key
