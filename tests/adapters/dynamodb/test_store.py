"""What the store's own errors become."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.tables import Endpoint, NamedRow, Payload, Project, Task
from chalicelib.adapters.dynamodb.tables.creating import TABLES
from chalicelib.services.endpoints import endpoints
from tests.support.aws_faults import listening
from tests.support.receivers import Peer, say, stay_silent

ROOT = Path(__file__).resolve().parent.parent.parent.parent
PROGRAM = """
from chalicelib.domain.errors import StoreUnavailable
from chalicelib.services.accounts import settings

try:
    settings.read()
except StoreUnavailable as error:
    print(error)
"""


@pytest.mark.process
@pytest.mark.parametrize(
    ("talk", "name"),
    [(stay_silent, "ReadTimeoutError"), (say(b""), "ConnectionClosedError")],
    ids=["hangs", "hangs up"],
)
def test_a_store_that_hangs_or_hangs_up_is_unavailable(talk, name):
    with Peer(talk) as peer:
        environ = {**os.environ, "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{peer.port}"}

        run = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
            check=True,
        )

    assert run.stdout == f"the store cannot be reached ({name})\n"


def test_all_tables_share_one_client_and_its_connections():
    clients = {table._get_connection().connection.client for table in TABLES}

    assert len(clients) == 1


def test_rows_share_no_default_that_can_be_changed():
    one, other = Project(id=1), Project(id=2)

    one.columns.append(NamedRow(id=1, name="x"))
    one.members["2"] = "project-member"

    assert (len(one.columns), other.columns, Project(id=3).columns) == (1, [], [])
    assert (one.members.as_dict(), other.members.as_dict()) == ({"2": "project-member"}, {})


def test_a_map_that_a_new_row_is_given_is_an_attribute_of_the_row():
    project = Project(id=1, members={"2": "project-member"})

    stored = project.serialize(null_check=False)

    assert stored["members"] == {"M": {"2": {"S": "project-member"}}}


def test_a_row_takes_no_attribute_that_its_table_has_not():
    with pytest.raises(ValueError, match="Task has no attribute colour"):
        Task(task_id=1, colour="red")


def test_no_value_of_a_row_is_read_or_set_by_pynamodb():
    row = Endpoint("ci", url="https://ci.example")
    called: list[str] = []
    row.half_open_limit = 2  # stored by another name

    sys.setprofile(lambda frame, *_: called.append(frame.f_code.co_filename))
    try:
        row.url = row.url.upper()
    finally:
        sys.setprofile(None)

    assert (row.url, row.half_open_limit) == ("HTTPS://CI.EXAMPLE", 2)
    assert not [path for path in called if "pynamodb" in path]
    assert Endpoint.url is Endpoint.get_attributes()["url"]


def test_no_call_asks_for_the_capacity_that_it_uses(cloud):  # noqa: ARG001 -- it sets up
    with listening() as calls:
        endpoints.add_endpoint("https://ci.example")
        endpoints.usable_endpoints()

    assert calls
    assert not [call for call in calls if "ReturnConsumedCapacity" in call.asked]


def test_numbers_are_stored_as_json_writes_them():
    row: Any = {"source_id": "ci", "expires_at": 1, "digest": "d", "run": "r"}
    payload = Payload("pl_1", size=12, received_at=1.5, busy_until=True, **row)

    stored = payload.serialize(null_check=True)

    assert stored["size"] == {"N": "12"}
    assert stored["received_at"] == {"N": "1.5"}
    assert stored["busy_until"] == {"N": "true"}  # as PynamoDB has it; the store refuses it
