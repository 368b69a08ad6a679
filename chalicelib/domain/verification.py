"""How a request proves that a source's sender has sent it: each scheme as it is documented.

All compare in constant time, over the body's bytes as they were sent.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import NamedTuple

from chalicelib.domain import signature

LARGEST_AGE = 300
"""Seconds that a signed time may be old or ahead, as Standard Webhooks and Stripe have it."""


class Sent(NamedTuple):
    """What a request brings; the names of the headers are in lower case."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    now: float  # epoch seconds
    is_from_loopback: bool  # and stays there: from this machine, by its own name, through no proxy


def is_proven(verify: str, secrets: Collection[str], sent: Sent) -> bool:
    """Tell whether a request proves itself by one of the secrets that are good.

    Args:
        verify: One of SCHEMES.
        secrets: The new one, and the one before it while that is good.
        sent: The request.
    """
    if verify == "none":
        return sent.is_from_loopback
    proofs = [SCHEMES[verify](secret, sent) for secret in secrets if secret.strip()]
    return any(proofs)  # all were looked at, so that the time tells nothing


def why_unproven(verify: str) -> str:
    """Return what to tell an administrator of a request that did not prove itself.

    Args:
        verify: One of SCHEMES.
    """
    if verify == "none":
        return "the source takes requests from this machine only"
    return f"its proof is missing or wrong: the source takes {WHAT_IS_READ[verify]}"


def _by_token(secret: str, sent: Sent) -> bool:
    """Ours: `?token=`, which wins over `Authorization: Bearer` (RFC 6750, October 2012)."""
    scheme, _, bearer = sent.headers.get("authorization", "").partition(" ")
    given = sent.query.get("token", "").strip() or (
        bearer.strip() if scheme.lower() == "bearer" else ""
    )
    return _is_same(secret.strip(), given)


def _by_github(secret: str, sent: Sent) -> bool:
    """GitHub Docs, "Validating webhook deliveries" (read in November 2026)."""
    return _is_same(
        "sha256=" + _hex(secret, sent.body), sent.headers.get("x-hub-signature-256", "")
    )


def _by_gitea(secret: str, sent: Sent) -> bool:
    """Gitea Documentation, "Webhooks" (November 2026); Forgejo sends the same header."""
    return _is_same(_hex(secret, sent.body), sent.headers.get("x-gitea-signature", ""))


def _by_gitlab(secret: str, sent: Sent) -> bool:
    """GitLab Docs, "Webhooks", secret token and signing token (GitLab 19, read in November 2026).

    A signing token begins with `whsec_` and signs as Standard Webhooks do.
    """
    if secret.startswith(signature.PREFIX):
        return _by_standard(secret, sent)
    return _is_same(secret, sent.headers.get("x-gitlab-token", ""))


def _by_standard(secret: str, sent: Sent) -> bool:
    """Standard Webhooks 1.0.0, "Signature scheme" (August 2023): one of several is enough."""
    timestamp = sent.headers.get("webhook-timestamp", "")
    if not _is_recent(timestamp, sent.now):
        return False
    try:
        key = signature.key_of(secret)
    except ValueError:
        return False
    signed = b".".join([_bytes(sent.headers.get("webhook-id", "")), timestamp.encode(), sent.body])
    wanted = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    given = sent.headers.get("webhook-signature", "").split()
    proofs = [_is_same(wanted, one) for one in given]
    return any(proofs)


def _by_stripe(secret: str, sent: Sent) -> bool:
    """Stripe Docs, "Verify webhook signatures manually" (November 2026)."""
    pairs = [
        part.strip().partition("=") for part in sent.headers.get("stripe-signature", "").split(",")
    ]
    timestamp = next((value for name, _, value in pairs if name == "t"), "")
    if not _is_recent(timestamp, sent.now):
        return False
    wanted = _hex(secret, timestamp.encode() + b"." + sent.body)
    proofs = [_is_same(wanted, value) for name, _, value in pairs if name == "v1"]
    return any(proofs)


def _by_sentry(secret: str, sent: Sent) -> bool:
    """Sentry Docs, "Webhooks", Sentry-Hook-Signature (November 2026): the client secret signs."""
    return _is_same(_hex(secret, sent.body), sent.headers.get("sentry-hook-signature", ""))


def _by_grafana(secret: str, sent: Sent) -> bool:
    """Grafana documentation, "Configure webhook notifications", HMAC signature (12.0, May 2025).

    Its code names the header X-Grafana-Alert-Signature where nobody has set another
    (grafana/alerting, http/hmac.go). A time is signed where its header is configured.
    """
    given = _first(sent.headers, "x-grafana-alerting-signature", "x-grafana-alert-signature")
    timestamp = _first(sent.headers, "x-grafana-alerting-timestamp", "x-grafana-alert-timestamp")
    if not timestamp:
        return _is_same(_hex(secret, sent.body), given)
    is_same = _is_same(_hex(secret, _bytes(timestamp) + b":" + sent.body), given)
    return is_same and _is_recent(timestamp, sent.now)


SCHEMES: dict[str, Callable[[str, Sent], bool]] = {
    "token": _by_token,
    "github": _by_github,
    "gitea": _by_gitea,
    "gitlab": _by_gitlab,
    "standard": _by_standard,
    "stripe": _by_stripe,
    "sentry": _by_sentry,
    "grafana": _by_grafana,
    "none": lambda _secret, sent: sent.is_from_loopback,
}
"""Each way to prove a request, by its name in a source's field `verify`."""

WHAT_IS_READ = {
    "token": "its secret (parameter token, or Authorization: Bearer)",
    "github": "GitHub's signature (X-Hub-Signature-256)",
    "gitea": "Gitea's signature (X-Gitea-Signature)",
    "gitlab": "GitLab's secret token (X-Gitlab-Token), or its signature (Webhook-Signature) if the "
    "secret begins with whsec_",
    "standard": "a signature of Standard Webhooks (Webhook-Signature), at most 5 minutes old",
    "stripe": "Stripe's signature (Stripe-Signature), at most 5 minutes old",
    "sentry": "Sentry's signature (Sentry-Hook-Signature)",
    "grafana": "Grafana's signature (X-Grafana-Alerting-Signature or X-Grafana-Alert-Signature)",
}
"""What each scheme but `none` takes as its proof, and the header or parameter that it reads."""

_HIDING = (
    "authorization",
    "cookie",
    "password",
    "secret",
    "signature",
    "token",
    "api-key",
    "apikey",
    "api_key",
)
"""A header or parameter whose name holds one of these is neither shown nor kept."""

_READ = {
    "standard": {"webhook-id", "webhook-timestamp"},
    "gitlab": {"webhook-id", "webhook-timestamp"},
    "grafana": {"x-grafana-alerting-timestamp", "x-grafana-alert-timestamp"},
}
"""What else each scheme reads."""


def without_proof(verify: str, named: Mapping[str, str]) -> dict[str, str]:
    """Return headers or parameters by lower-case names, without what proves a request."""
    read, shown = _READ.get(verify, ()), {}
    for name, value in named.items():
        lower = name.lower()
        if lower not in read and not hides(lower):
            shown[lower] = value
    return shown


@lru_cache(maxsize=512)
def hides(name: str) -> bool:
    """Tell whether a header or parameter, by its name in lower case, holds a credential."""
    return any(word in name for word in _HIDING)


def _hex(secret: str, signed: bytes) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _is_same(wanted: str, given: str) -> bool:
    return hmac.compare_digest(_bytes(wanted), _bytes(given))


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _is_recent(timestamp: str, now: float) -> bool:
    is_number = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12
    return is_number and abs(now - int(timestamp)) <= LARGEST_AGE


def _first(headers: Mapping[str, str], *names: str) -> str:
    return next((headers[name] for name in names if headers.get(name)), "")
