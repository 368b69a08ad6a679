"""Counts that make Taskhook quick on any machine: who raises one should know it.

The times themselves are measured by `make bench`; tests.deployment.test_zip guards the size of the
zip.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack

import pytest

from app import app
from chalicelib.adapters.dynamodb.tables import Numbers
from chalicelib.services.deliveries import saving
from chalicelib.services.endpoints import endpoints
from chalicelib.services.tasks import lifecycle, moving, places
from chalicelib.services.tasks.id_allocator import BlockAllocator
from tests.support import event_sources
from tests.support.aws_faults import listening
from tests.support.cloud import API_TOKEN, TOKEN, dispatch
from tests.support.deliveries import FINE, subscribe
from tests.support.moto_server import moto_server
from tests.support.receivers import Inbox
from tools.package import ROOT

PACKAGES = {"app", "chalice", "chalicelib", "botocore", "certifi", "pynamodb"}
"""What each function imports up to the end of its first event: an add needs nothing else."""

OF_DISPATCH = PACKAGES | {"idna", "requests", "urllib3"}

ONLY_HERE = {"blinker", "charset_normalizer", "cython_runtime", "simplejson"}
"""What others use where it happens to be installed; the zip has none of it."""

READS = {"GetItem", "Query", "Scan", "BatchGetItem"}

FIRST_EVENT = """
import json, sys
event, known = json.load(sys.stdin), set(sys.modules)
import app
answer = getattr(app, sys.argv[1])(event, None)
print(json.dumps([answer, sorted(set(sys.modules) - known)]))
"""

OF_ADDS_NOT = ("chalicelib.web.jsonrpc", "chalicelib.web.pages", "chalicelib.services.deliveries")
"""What an add does not load: the API, the pages and what sends."""


@pytest.fixture
def warm(cloud, caching, monkeypatch):  # noqa: ARG001 -- it sets up
    """A Lambda that has read what it may use again, and has reserved numbers."""
    monkeypatch.setattr(
        lifecycle, "_task_ids", BlockAllocator(lambda _: Numbers.reserve("task", 100))
    )
    add_by_event("fills the caches")
    cloud.records()
    return cloud


def add_by_event(title):
    return app(event_sources.adding(TOKEN, title, owner_id="1"), None)["body"]


@pytest.mark.usefixtures("warm")
def test_an_add_is_one_call_of_the_store():
    with listening() as calls:
        answers = [add_by_event("one"), add_by_event("another")]

    assert answers == ["OK", "OK"]
    assert [call.operation for call in calls] == ["PutItem", "PutItem"]


def test_a_delivery_is_one_row_and_so_is_an_event(warm):
    with ExitStack() as inboxes:
        for name in "abc":
            subscribe(inboxes.enter_context(Inbox()).url, name)
        for number in range(10):
            add_by_event(str(number))
        records = warm.records()

        with listening() as calls:
            answer = dispatch(records)

    assert answer == FINE
    made = Counter(call.operation for call in calls)
    assert made.keys() == {"Scan", "BatchWriteItem"}
    assert made["Scan"] == 1
    assert 2 <= made["BatchWriteItem"] <= 2 + saving.MOST_GROUPS
    assert rows_written(calls) == {"taskhook-dev-deliveries": 30, "taskhook-dev-events": 10}


def test_a_lone_event_is_one_read_and_one_write(warm):
    with Inbox() as inbox:
        subscribe(inbox.url)
        add_by_event("x")
        records = warm.records()

        with listening() as calls:
            answer = dispatch(records)

    assert answer == FINE
    assert [call.operation for call in calls] == ["Scan", "BatchWriteItem"]
    assert rows_written(calls) == {"taskhook-dev-deliveries": 1, "taskhook-dev-events": 1}


def test_an_event_that_no_endpoint_receives_is_one_read_and_one_write_too(warm):
    add_by_event("x")
    records = warm.records()

    with listening() as calls:
        answer = dispatch(records)

    assert answer == FINE
    assert [call.operation for call in calls] == ["Scan", "BatchWriteItem"]
    assert rows_written(calls) == {"taskhook-dev-events": 1}


def rows_written(calls):
    """Return how many rows of each table were written in batches."""
    batches = [call.asked["RequestItems"] for call in calls if call.operation == "BatchWriteItem"]
    return Counter(table for batch in batches for table, rows in batch.items() for _ in rows)


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize("place", [1, 5, 10])
def test_a_move_writes_one_row(place):
    ids = [lifecycle.create_task({"title": str(number)}) for number in range(10)]

    with listening() as calls:
        moving.move_task(ids[6], 1, place)

    assert [call.operation for call in calls if call.operation not in READS] == ["UpdateItem"]


@pytest.mark.usefixtures("warm")
def test_a_move_in_a_long_column_writes_one_row_and_one_count():
    ids = [lifecycle.create_task({"title": str(number)}) for number in range(150)]
    places.place_of(lifecycle.find_task(ids[-1]))

    with listening() as calls:
        moving.move_task(ids[-1], 1, 2)

    written = [call for call in calls if call.operation not in READS]
    assert [call.operation for call in written] == ["UpdateItem", "PutItem"]
    assert [call.asked["TableName"].rpartition("-")[2] for call in written] == ["tasks", "settings"]


@pytest.mark.usefixtures("warm")
def test_a_task_is_read_in_two_calls_with_its_place():
    task_id = lifecycle.create_task({"title": "x"})

    with listening() as calls:
        place = places.place_of(lifecycle.find_task(task_id))

    assert place == 2
    assert [call.operation for call in calls] == ["GetItem", "Query"]


def test_counting_what_waits_brings_no_more_of_thousands_than_whose_they_are(cloud):
    with listening() as calls:
        cloud.sweep()

    [asked] = [
        call.asked
        for call in calls
        if call.asked.get("IndexName") == "due" and call.operation == "Scan"
    ]
    names = asked.get("ExpressionAttributeNames", {})
    assert [names.get(name) for name in asked.get("ProjectionExpression", "").split(", ")] == [
        "endpoint_id"
    ]


def test_a_cold_function_imports_no_more_than_it_needs(cloud):
    with moto_server(keeps=True) as url, Inbox() as inbox:
        subscribe(inbox.url)
        added, of_api = first_event("app", event_sources.adding(TOKEN, "Try"), url)
        answer, of_dispatch = first_event("dispatch", {"Records": cloud.records()}, url)

    assert (added["body"], answer, len(inbox.received)) == ("OK", FINE, 1)
    assert (packages_of(of_api), packages_of(of_dispatch)) == (PACKAGES, OF_DISPATCH)
    assert not [name for name in of_api if name.startswith(OF_ADDS_NOT)]


def test_a_cold_api_answers_calls_and_pages_too(cloud):  # noqa: ARG001 -- it sets up
    page = {"resourcePath": "/sign-in", "httpMethod": "GET", "path": "/api/sign-in"}
    visit = event_sources.adding("", "") | {"requestContext": page, "path": "/sign-in"}
    call = event_sources.rpc(("getVersion", {}), credentials=f"jsonrpc:{API_TOKEN}")
    with moto_server(keeps=True) as url:
        called, _ = first_event("app", call, url)
        shown, _ = first_event("app", visit, url)

    assert (called["statusCode"], shown["statusCode"]) == (200, 200)
    assert "<form" in shown["body"]


def test_ed25519_is_loaded_where_an_endpoint_wants_it(cloud):
    with moto_server(keeps=True) as url, Inbox() as inbox:
        endpoints.add_endpoint(inbox.url, signing="v1a")
        add_by_event("x")
        answer, of_dispatch = first_event("dispatch", {"Records": cloud.records()}, url)

    assert (answer, len(inbox.received)) == (FINE, 1)
    assert packages_of(of_dispatch) == OF_DISPATCH | {"nacl"}


def first_event(function, event, store_url):
    """Return the answer of a fresh function, and the modules that it imported for it.

    The store's server is moto's, like the store in this process: it has the same rows.
    """
    ran = subprocess.run(
        [sys.executable, "-c", FIRST_EVENT, function],
        input=json.dumps(event),
        env={
            **os.environ,
            "_HANDLER": f"app.{function}",
            "AWS_ENDPOINT_URL": store_url,
            "DELIVERY_TIMEOUT": "20",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    answer, names = json.loads(ran.stdout)
    return answer, names


def packages_of(names):
    """Return the packages that modules belong to, without those of Python itself."""
    packages = {name.partition(".")[0] for name in names if not name.startswith("_")}
    return packages - sys.stdlib_module_names - ONLY_HERE
