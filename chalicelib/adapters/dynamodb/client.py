"""The one client of DynamoDB: data calls are sent by `data_calls`, all others by botocore."""

import os
import re
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache, cached_property
from typing import Any
from urllib.parse import SplitResult, urlsplit

import botocore.config
import botocore.session
import certifi
from botocore.exceptions import EndpointConnectionError, NoRegionError
from pynamodb.connection import Connection
from pynamodb.connection.base import MetaTable
from pynamodb.constants import PAY_PER_REQUEST_BILLING_MODE

from chalicelib import __version__
from chalicelib.adapters.dynamodb.configuration import configuration, keys_of_environment
from chalicelib.adapters.dynamodb.connections import Limits
from chalicelib.adapters.dynamodb.data_calls import (
    OPERATIONS,
    Credentials,
    DataCalls,
    Listener,
    Service,
)
from chalicelib.config import CONFIG


class TableMeta:
    """The settings that all tables share; times are in seconds."""

    billing_mode = PAY_PER_REQUEST_BILLING_MODE
    connect_timeout_seconds = 1
    read_timeout_seconds = 2
    max_retry_attempts = 2
    max_pool_connections = 50


_SERVICES = {
    "dynamodb": ("DynamoDB_20120810", "AWS_ENDPOINT_URL_DYNAMODB"),
    "streams.dynamodb": ("DynamoDBStreams_20120810", "AWS_ENDPOINT_URL_DYNAMODB_STREAMS"),
}
_USUAL_REGION = re.compile(r"(us|us-gov|eu|ap|ca|sa|me|af|il|mx)-[a-z]+-\d")
_UNUSUAL = ("use_fips_endpoint", "use_dualstack_endpoint", "ignore_configured_endpoint_urls")


_HAVE_SYSTEM_PROXIES = {"darwin", "win32"}
_PROXIES = {"http_proxy", "https_proxy", "all_proxy"}


def usual_service(host: str = "dynamodb") -> Service | None:
    """Return the address of calls; None: only botocore supports the configuration, a rare one.

    Args:
        host: `dynamodb` or `streams.dynamodb`.

    Raises:
        NoRegionError: None is configured.
    """
    target, variable = _SERVICES[host]
    session = configuration([variable, "AWS_ENDPOINT_URL"])
    region = session.get_config_variable("region")
    if not region:
        raise NoRegionError
    if (
        any(session.get_config_variable(name) for name in _UNUSUAL)
        or session.get_config_variable("account_id_endpoint_mode") == "required"
        or "services" in session.get_scoped_config()
    ):
        return None
    address = session.get_config_variable("address")
    if not address and _USUAL_REGION.fullmatch(region):
        address = f"https://{host}.{region}.amazonaws.com"
    if not _is_plain(address):
        return None
    certificates = session.get_config_variable("ca_bundle") or certifi.where()
    return Service(address.rstrip("/"), region, target, certificates)


def _is_plain(address: str | None) -> bool:
    """Tell whether an address is a plain host without a proxy."""
    parts = urlsplit(address or "")
    has_more = parts.path.strip("/") or parts.query or "@" in parts.netloc
    return bool(parts.netloc and not has_more and _is_direct(parts))


def _is_direct(parts: SplitResult) -> bool:
    """Tell whether no proxy is in between."""
    if sys.platform not in _HAVE_SYSTEM_PROXIES and not _PROXIES & {*map(str.lower, os.environ)}:
        return True
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 -- slow, and few have a proxy

    return parts.scheme not in getproxies() or bool(proxy_bypass(parts.netloc))


class _OneClient(Connection):
    """PynamoDB's connection with one client for all tables, instead of one for each."""

    _making = threading.Lock()

    @cached_property
    def session(self) -> Any:  # PynamoDB keeps one for each thread
        session = botocore.session.get_session()
        # botocore builds a long user agent for each call, which is a tenth of a call's cost.
        session.set_default_client_config(
            botocore.config.Config(user_agent=f"Taskhook/{__version__}")
        )
        return session

    @property
    def client(self) -> Any:
        """Return the client of PynamoDB."""
        return _ROUTES

    @property
    def botocore_client(self) -> Any:
        """Return botocore's client, which only one thread creates."""
        with self._making:
            try:
                return super().client
            except ValueError as error:  # its address is none
                raise EndpointConnectionError(endpoint_url=str(error)) from error

    def dispatch(self, operation_name: str, operation_kwargs: dict[str, Any]) -> dict[str, Any]:
        """Make a call; PynamoDB's own also tells subscribers of it, and asks for its capacity."""
        answer: dict[str, Any] = self._make_api_call(operation_name, operation_kwargs)
        return answer

    def know(self, table: MetaTable) -> None:
        """Register a table's keys and indexes from a model.

        Several models may share a table; the one that declares its indexes is kept.
        """
        known = self._tables.get(table.table_name)
        if known is None or len(_indexes_of(table)) > len(_indexes_of(known)):
            self._tables.update({table.table_name: table})


def _indexes_of(table: MetaTable) -> Sequence[object]:
    indexes: Sequence[object] = table.data.get("GlobalSecondaryIndexes") or ()
    return indexes


CONNECTION = _OneClient(
    connect_timeout_seconds=TableMeta.connect_timeout_seconds,
    read_timeout_seconds=TableMeta.read_timeout_seconds,
    max_retry_attempts=TableMeta.max_retry_attempts,
    max_pool_connections=TableMeta.max_pool_connections,
)


class _Routes:
    """The client that PynamoDB uses in place of botocore's."""

    @staticmethod
    def _make_api_call(operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        calls = data_calls() if operation in OPERATIONS else None
        call = calls.call if calls else client()._make_api_call  # noqa: SLF001 -- as PynamoDB calls it
        answer: dict[str, Any] = call(operation, asked)
        return answer


_ROUTES = _Routes()
_making = threading.Lock()


def connect() -> None:
    """Find the credentials now: Lambda gives a function a whole CPU while it starts, then a third.

    Without a region nothing is found, and the first call raises the error.
    """
    with suppress(NoRegionError):
        if calls := data_calls():
            calls.connect()
        else:
            client()


def client() -> Any:
    """Return botocore's client, shared by all tables, for rare calls. Raises NoRegionError."""
    return CONNECTION.botocore_client


def find_credentials() -> Credentials | None:
    """Return the credentials of the environment, which Lambda sets, or those of botocore."""
    found: Credentials | None = keys_of_environment() or CONNECTION.session.get_credentials()
    return found


def data_calls() -> DataCalls | None:
    """Return the sender of data calls; None: botocore sends them too. Raises NoRegionError."""
    with _making:
        return _made()


@cache
def _made() -> DataCalls | None:
    service = usual_service() if CONFIG.store_client == "own" else None
    if service is None:
        return None
    limits = Limits(
        TableMeta.connect_timeout_seconds,
        TableMeta.read_timeout_seconds,
        attempts=1 + TableMeta.max_retry_attempts,
        kept=TableMeta.max_pool_connections,
    )
    return DataCalls(find_credentials, service, limits)


def listen(listener: Listener) -> None:
    """Let a listener receive each answered call."""

    def keep(params: Mapping[str, Any], context: dict[str, Any], **_: object) -> None:
        context["asked"] = params

    def tell(
        http_response: Any, parsed: Mapping[str, Any], model: Any, context: Any, **_: object
    ) -> None:
        message = str(parsed.get("Error", {}).get("Message", ""))
        listener(model.name, context["asked"], http_response.status_code, message)

    client().meta.events.register("before-parameter-build.dynamodb", keep)
    client().meta.events.register("after-call.dynamodb", tell)
    if calls := data_calls():
        calls.listeners.append(listener)
