"""Fixtures: Taskhook in this process, over moto behind real clients."""

import functools
import gc
import os
import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# Each worker and each of the hundreds of programs that tests start would compile Taskhook again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# chalicelib reads its environment once, at its import; programs that tests start are given their
# own.
os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",  # moto answers streams at the plain address alone
    "ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8,::1/128",
    "RETRY_JITTER": "0",
    "SETTINGS_TTL": "0",
    "RETRY_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/taskhook-dev-retries",
    "FAILURE_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/taskhook-dev-failures",
}

import pytest
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.core.models import botocore_stubber
from moto.dynamodb.models import dynamodb_backends
from moto.sqs.models import sqs_backends

from tests.support import aws_faults  # noqa: F401 -- before what makes a client when it is imported

# isort: split
from chalicelib.adapters import log
from chalicelib.adapters.dynamodb import tables
from chalicelib.config import CONFIG
from chalicelib.services.accounts import first_start, lockout, passwords, settings, users
from chalicelib.services.deliveries.unrecorded import UNRECORDED
from chalicelib.services.endpoints import public_keys
from chalicelib.services.projects import projects
from chalicelib.services.sources import known_sources, refused_requests
from chalicelib.services.sources.new_keys import NEW_KEYS
from chalicelib.services.tasks import lifecycle, places
from chalicelib.services.tasks.id_allocator import BlockAllocator
from tests.support.cloud import API_TOKEN, PASSWORD, TOKEN, Cloud

CACHES = (settings.CACHE, projects.CACHE, users.CACHE, known_sources.CACHE, public_keys.CACHE)
"""What a process keeps for `SETTINGS_TTL`."""


def pytest_collection_finish() -> None:
    """Have the collector skip what stays: looking through it takes 2 % of the fast tests."""
    gc.freeze()
    gc.set_threshold(50_000, 1000)


def _moto_of(backends: Any) -> Any:
    return backends["123456789012"]["us-east-1"]


@functools.cache
def _empty_tables() -> bytes:
    """Create the tables once: moto takes 0.1 s, too long for each of a thousand tests."""
    tables.create_tables()
    return pickle.dumps(_moto_of(dynamodb_backends).tables)


@functools.cache
def _first_tables() -> bytes:
    """Start once as `cloud` does: 13 ms, of which half a millisecond is left."""
    first_start.bootstrap(TOKEN, API_TOKEN, PASSWORD)
    users.keep_password(1)
    return pickle.dumps(_moto_of(dynamodb_backends).tables)


def _put_back(pickled: bytes) -> None:
    _moto_of(dynamodb_backends).tables = pickle.loads(pickled)  # noqa: S301 -- made above


@contextmanager
def _aws() -> Iterator[None]:
    """Let moto answer this process's clients of AWS, empty.

    `mock_aws` also answers `requests`, which calls no AWS here, by 1,300 patterns, and takes 20 ms.
    It forgets botocore's session too, so that each client reads the services' models again.
    """
    BackendDict.reset()
    reset_model_data()
    botocore_stubber.enabled = True
    try:
        yield
    finally:
        botocore_stubber.enabled = False


@pytest.fixture
def bare_cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """Empty tables, and a process that has read nothing yet."""
    with _aws():
        _put_back(_empty_tables())
        for queue_url in (CONFIG.retry_queue_url, CONFIG.failure_queue_url):
            _moto_of(sqs_backends).create_queue(queue_url.rpartition("/")[2])
        for cache in CACHES:
            cache.forget()
        # A quick hash is a hash; tests.services.accounts.test_passwords takes the real one.
        monkeypatch.setattr(passwords, "N", 2)
        monkeypatch.setattr(passwords, "NOBODYS", passwords.NOBODYS.replace("$32768$", "$2$"))
        monkeypatch.setattr(
            lifecycle,
            "_task_ids",
            BlockAllocator(lambda count: tables.Numbers.reserve("task", count)),
        )
        log._logged.clear()
        UNRECORDED.forget()
        places.forget()
        NEW_KEYS.forget()
        passwords.forget()
        refused_requests.KNOWN.refill()
        refused_requests.STRANGERS.refill()
        lockout._guesses[:] = bytes(len(lockout._guesses))
        yield Cloud()


@pytest.fixture
def cloud(bare_cloud: Cloud) -> Cloud:
    """Taskhook after its first start, with known tokens, and a password that is kept."""
    _put_back(_first_tables())
    return bare_cloud


@pytest.fixture
def caching(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process keep what it has read, as a warm Lambda does."""
    for cache in CACHES:
        monkeypatch.setattr(cache, "_lifetime", 1000)
