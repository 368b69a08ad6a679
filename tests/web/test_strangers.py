"""What a request without credentials costs, counted for docs/decisions/strangers.md."""

import logging
import re
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import app
from bench import strangers
from chalicelib.services.accounts import settings, users
from chalicelib.services.endpoints import public_keys
from chalicelib.services.sources import known_sources, refused_requests
from tests.support import aws_faults
from tests.support.http_calls import FORM, NOBODY, basic, call, post_rpc
from tests.support.inbound import add_source, send
from tests.support.page_visits import Visitor, open_address

pytestmark = pytest.mark.usefixtures("cloud", "caching")

TABLE = Path(__file__).parents[2] / "docs/decisions/strangers.md"
ADD = "controller=task&action=add&title=x"

ADDING: dict[str, Any] = {"query": ADD, "method": "POST", "headers": {"content-type": FORM}}

ENTRANCES: dict[str, Callable[[], object]] = {
    "adding a task, no token": lambda: call(ADD),
    "adding a task, a wrong token": lambda: call(f"{ADD}&token=wrong"),
    "adding a task, a body of 1 MB": lambda: call(
        ADD, method="POST", headers={"content-type": FORM}, body="x" * 1000000
    ),
    "adding a task, a larger body": lambda: call(
        ADD, method="POST", headers={"content-type": FORM}, body="x" * 2000000
    ),
    "a source, unknown": lambda: send({}, "nobody"),
    "a source, a wrong proof": lambda: send("x" * 1_000_000, "ci", query=""),
    "adding a task or a source, kept": lambda: kept_as_refused(f"{ADD}&token=wrong"),
    "API, no credentials": lambda: post_rpc("[" * 1_000_000, NOBODY),
    "API, a wrong API token": lambda: post_rpc("[" * 1_000_000, basic("jsonrpc", "wrong")),
    "API, a wrong personal token": lambda: post_rpc(
        "[" * 1_000_000, basic("admin", "taskhook_" + "0" * 48)
    ),
    "API or sign-in, a password": lambda: post_rpc("[" * 1_000_000, basic("admin", "wrong")),
    "page, no session": lambda: open_address("GET", "/boards", {}),
    "page, a forged session": lambda: open_address(
        "GET", "/boards", {"cookie": "taskhook=" + "x" * 8000}
    ),
    "page's form, no session": lambda: open_address(
        "POST", "/projects", {"content-type": FORM}, "x" * 3_000_000
    ),
    "sign-in, the page": lambda: open_address("GET", "/sign-in", {}),
    "sign-in, not our form": lambda: open_address(
        "POST", "/sign-in", {"content-type": FORM}, "username=admin"
    ),
    "sign-in, a form of over 64 KB": lambda: open_address(
        "POST", "/sign-in", {"content-type": FORM}, "x" * 65_537
    ),
    "metrics, no token": lambda: open_address("GET", "/metrics", {}),
    "metrics, a wrong token": lambda: open_address(
        "GET", "/metrics", {"authorization": "Bearer wrong"}
    ),
    "schema, no token": lambda: open_address("GET", "/openapi.json", {}),
    "schema, a wrong token": lambda: open_address(
        "GET", "/openapi.json", {"authorization": "Bearer wrong"}
    ),
    "schema, a forged session": lambda: open_address(
        "GET", "/openapi.json", {"cookie": "taskhook=" + "x" * 8000}
    ),
    "public keys": lambda: call(path="/keys"),
    "files, icon, robots": lambda: open_address("GET", "/robots.txt", {}),
}


def documented() -> dict[str, tuple[int, int]]:
    """Return the calls of the store and the log lines of each row."""
    rows = re.findall(r"^\| ([^|]+) \| (\d+) \| (\d+) \|", TABLE.read_text(), re.MULTILINE)
    return {name: (int(calls), int(lines)) for name, calls, lines in rows}


@pytest.fixture
def warm(cloud):  # noqa: ARG001 -- it must be there first
    """A process that has read what it keeps for `SETTINGS_TTL` seconds."""
    settings.session_key()
    settings.CACHE.forget()
    settings.CACHE.get()
    users.CACHE.get()
    public_keys.CACHE.get()
    add_source(verify="github")
    known_sources.CACHE.get()
    open_address("GET", "/sign-in", {})


@pytest.fixture(autouse=True)
def _has_kept_enough(cloud):  # noqa: ARG001 -- it forgets what it has kept
    """A process that has just kept as many refused requests of strangers as it keeps."""
    while refused_requests.STRANGERS.take(time.monotonic()) is not None:
        pass


def kept_as_refused(query):
    refused_requests.STRANGERS.refill()
    return call(query)


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize("entrance", ENTRANCES)
def test_a_request_of_a_stranger_costs_no_more_than_its_row_says(entrance, caplog):
    caplog.set_level(logging.INFO)

    with aws_faults.listening() as calls:
        ENTRANCES[entrance]()

    most_calls, most_lines = documented()[entrance]
    assert len(calls) <= most_calls, [one.operation for one in calls]
    assert len(caplog.records) <= most_lines, [record.message for record in caplog.records]


def test_every_entrance_has_its_row():
    assert list(documented()) == list(ENTRANCES)


def test_wrong_tokens_read_the_settings_once_a_second_at_most():
    settings.CACHE.get()

    with aws_faults.listening() as calls:
        for number in range(20):
            call(f"{ADD}&token={number}")
            post_rpc("", basic("jsonrpc", str(number)))

    assert [one.operation for one in calls] == ["GetItem"]


def test_a_body_of_a_stranger_takes_little_memory_and_is_refused():
    costs = {name: _cost(headers, body) for name, (headers, body) in strangers.bodies().items()}

    assert {status for status, _ in costs.values()} == {401, 413, 415}
    assert {name: most for name, (_, most) in costs.items() if most > 5 * 1024 * 1024} == {}


def _cost(headers: dict[str, str], body: bytes) -> tuple[int, int]:
    """Return the status, and how many bytes were taken at most."""
    event = strangers.event_of(app.app, headers, body)
    app.app(event, None)
    tracemalloc.start()
    try:
        return app.app(event, None)["statusCode"], tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.usefixtures("warm")
def test_a_form_of_somebody_else_is_no_way_to_try_passwords():
    with aws_faults.listening() as calls:
        page = open_address(
            "POST", "/sign-in", {"content-type": FORM}, "username=admin&password=wrong"
        )

    assert (page.status, [one.operation for one in calls if one.operation != "GetItem"]) == (
        403,
        [],
    )
    assert Visitor(0).post("/sign-in", username="admin", password="wrong").status == 401
