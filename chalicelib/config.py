"""Every environment variable that a function reads, with its default and unit.

Only `app` reads one more: the function's own name.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from chalicelib.domain.errors import ConfigError
from chalicelib.domain.proxies import Proxy, parse_proxy, without_password
from chalicelib.domain.targets import Network, parse_networks

_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_NUMBERS = ("text", "number")
_STORE_CLIENTS = ("own", "botocore")


@dataclass(frozen=True)
class Config:
    """The environment, parsed; times are in seconds."""

    table_prefix: str
    retry_queue_url: str
    failure_queue_url: str
    delivery_timeout: float
    retry_timeout: float
    retry_delays: tuple[float, ...]
    retry_jitter: float
    endpoint_disable_after: float
    delivery_retention: int
    allowed_private_networks: tuple[Network, ...]
    ca_bundle: str  # a file of certificates that are trusted beside the public ones, or ""
    delivery_proxy: Proxy | None
    settings_ttl: float
    public_url: str  # the address of the pages without a trailing slash, or ""
    kanboard_numbers: str  # "text" or "number": how the API answers numbers in the store
    largest_answer: int  # bytes of an answer of the API
    trusted_proxies: int
    store_client: str  # "own" or "botocore": what signs and sends the store's data calls
    log_level: str
    processor: float  # the share of a core: a Lambda with 1,769 MB has a whole one


def _number(text: str, least: float, most: float) -> float:
    value = float(text)
    if not least <= value <= most:  # also refuses NaN
        raise ValueError(text)
    return value


def _not_negative(text: str) -> float:
    return _number(text, 0, 1e10)


def _positive(text: str) -> float:
    return _number(text, 1e-3, 1e10)


def _delays(text: str) -> tuple[float, ...]:
    return tuple(_positive(part) for part in text.split(","))


def _whole(text: str) -> int:
    return max(1, round(_positive(text)))


def _share(text: str) -> float:
    return _number(text, 0, 1)


def _few(text: str) -> int:
    if text not in set("0123456789"):
        raise ValueError(text)
    return int(text)


def _prefix(text: str) -> str:
    if not re.fullmatch("[A-Za-z0-9_.-]{0,200}", text):
        raise ValueError(text)
    return text


def _public_url(text: str) -> str:
    if text and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", text):
        raise ValueError(text)
    return text.rstrip("/")


def _certificates(path: str) -> str:
    if not path:
        return path
    import ssl  # noqa: PLC0415 -- most installations name no file

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError as error:  # of ssl too
        raise ValueError(path) from error
    return path


def _processor(text: str) -> float:
    # https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
    return min(1.0, _positive(text) / 1_769)


def _one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return parse


_SECONDS = "a number of seconds above 0"


class _Variable(NamedTuple):
    """An environment variable: its default, and the values that it takes."""

    name: str
    default: str = ""
    parse: Callable[[str], Any] = str
    takes: str = ""
    shown: Callable[[str], str] = str  # hides what of a bad value is a secret

    def read(self, environ: Mapping[str, str]) -> Any:
        """Return the variable's value. Raises ConfigError."""
        text = environ.get(self.name, self.default)
        try:
            return self.parse(text)
        except ValueError as error:
            message = f"{self.name}={self.shown(text)!r} cannot be used: it takes {self.takes}"
            raise ConfigError(message) from error


_DELAYS = "5,30,120,600,1800,7200,18000,36000,50400,72000,86400"
_VARIABLES = {
    "table_prefix": _Variable(
        "TABLE_PREFIX",
        "taskhook-dev-",
        _prefix,
        "letters, digits, '_', '-' and '.', at most 200",
    ),
    "retry_queue_url": _Variable("RETRY_QUEUE_URL"),
    "failure_queue_url": _Variable("FAILURE_QUEUE_URL"),
    "delivery_timeout": _Variable("DELIVERY_TIMEOUT", "1.0", _positive, _SECONDS),
    "retry_timeout": _Variable("RETRY_TIMEOUT", "5.0", _positive, _SECONDS),
    "retry_delays": _Variable(
        "RETRY_DELAYS", _DELAYS, _delays, "numbers of seconds above 0, separated by commas"
    ),
    "retry_jitter": _Variable("RETRY_JITTER", "0.2", _share, "a number from 0 to 1"),
    "endpoint_disable_after": _Variable("ENDPOINT_DISABLE_AFTER", "432000", _positive, _SECONDS),
    "delivery_retention": _Variable("DELIVERY_RETENTION", "2592000", _whole, _SECONDS),
    "allowed_private_networks": _Variable(
        "ALLOWED_PRIVATE_NETWORKS",
        parse=parse_networks,
        takes="networks such as 10.0.0.0/8, separated by commas",
    ),
    "ca_bundle": _Variable(
        "CA_BUNDLE",
        parse=_certificates,
        takes="a file of valid certificates in PEM",
    ),
    "delivery_proxy": _Variable(
        "DELIVERY_PROXY",
        parse=parse_proxy,
        takes="http://HOST:PORT or http://USER:PASSWORD@HOST:PORT",
        shown=without_password,
    ),
    "settings_ttl": _Variable("SETTINGS_TTL", "5", _not_negative, "a number of seconds, 0 or more"),
    "public_url": _Variable(
        "PUBLIC_URL", parse=_public_url, takes="an address such as https://tasks.example.com"
    ),
    "kanboard_numbers": _Variable(
        "KANBOARD_NUMBERS", "text", _one_of(_NUMBERS), "one of " + ", ".join(_NUMBERS)
    ),
    # Lambda's 6 MB, less what encloses an answer (AWS Lambda quotas, "Invocation payload").
    "largest_answer": _Variable(
        "LARGEST_ANSWER", str(6 * 1024 * 1024 - 16 * 1024), _whole, "a number of bytes above 0"
    ),
    "trusted_proxies": _Variable("TRUSTED_PROXIES", "0", _few, "a whole number from 0 to 9"),
    "store_client": _Variable(
        "STORE_CLIENT", "own", _one_of(_STORE_CLIENTS), "one of " + ", ".join(_STORE_CLIENTS)
    ),
    "log_level": _Variable(
        "LOG_LEVEL", "INFO", _one_of(_LOG_LEVELS), "one of " + ", ".join(_LOG_LEVELS)
    ),
    "processor": _Variable(
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769", _processor, "a number of MB above 0"
    ),
}
"""By the fields of `Config`."""


def load(environ: Mapping[str, str]) -> Config:
    """Read the configuration.

    Raises:
        ConfigError: One line that names the variable, its value and what it takes.
    """
    return Config(**{field: variable.read(environ) for field, variable in _VARIABLES.items()})


def _load_or_exit() -> Config:
    try:
        return load(os.environ)
    except ConfigError as error:
        raise SystemExit(f"taskhook: {error}") from error


CONFIG = _load_or_exit()
