"""Reads AWS's configuration: from the environment if there are no files, else as botocore does."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import botocore.session

_FILES = {
    "AWS_CONFIG_FILE": "~/.aws/config",
    "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials",
}
_PROFILES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
_VARIABLES = {
    "region": "AWS_DEFAULT_REGION",
    "ca_bundle": "AWS_CA_BUNDLE",
    "account_id_endpoint_mode": "AWS_ACCOUNT_ID_ENDPOINT_MODE",
}
_FLAGS = {
    "use_fips_endpoint": "AWS_USE_FIPS_ENDPOINT",
    "use_dualstack_endpoint": "AWS_USE_DUALSTACK_ENDPOINT",
    "ignore_configured_endpoint_urls": "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
}
"""The names of botocore, and of the environment."""


class _Environment:
    """The configuration where there are no files; it has the names of botocore's session."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = addresses

    def get_config_variable(self, name: str) -> Any:
        if name == "address":
            return next(filter(None, map(os.environ.get, self._addresses)), None)
        if name in _FLAGS:
            return os.environ.get(_FLAGS[name], "").lower() == "true"
        return os.environ.get(_VARIABLES[name])

    def get_scoped_config(self) -> dict[str, Any]:
        return {}


def configuration(addresses: Sequence[str]) -> Any:
    """Return a configuration that is asked as botocore's session is.

    Args:
        addresses: The environment variables that hold the `address`, the first one first.
    """
    files = (Path(os.environ.get(name, usual)) for name, usual in _FILES.items())
    has_files = any(file.expanduser().is_file() for file in files)
    if not has_files and not any(os.environ.get(name) for name in _PROFILES):
        return _Environment(addresses)
    # Its handlers take most of the time of making a session, and only clients need them.
    session = botocore.session.Session(include_builtin_handlers=False)
    session.session_var_map["address"] = ("endpoint_url", list(addresses), None, None)
    return session


class EnvironmentKeys(NamedTuple):
    """The credentials of the environment, with the names of botocore's."""

    access_key: str
    secret_key: str
    token: str | None

    def get_frozen_credentials(self) -> "EnvironmentKeys":
        """Return itself: nothing refreshes them."""
        return self


def keys_of_environment() -> Any:
    """Return the credentials of the environment, or None; those that expire are botocore's."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_CREDENTIAL_EXPIRATION")
    access_key, secret_key, expires = map(os.environ.get, names)
    if access_key and secret_key and not expires:
        tokens = map(os.environ.get, ("AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN"))
        return EnvironmentKeys(access_key, secret_key, next(filter(None, tokens), None))
    from botocore.credentials import EnvProvider  # noqa: PLC0415 -- slow, and rare

    return EnvProvider().load()
