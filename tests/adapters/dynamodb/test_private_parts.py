"""The undocumented parts of PynamoDB and botocore in use: an upgrade that moves one fails here."""

import inspect
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from botocore.client import BaseClient
from pynamodb.connection import Connection
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

FOLDER = Path(__file__).resolve().parents[3] / "chalicelib/adapters/dynamodb"

PRIVATE = {
    "_batch_get_page": Model,  # one call for rows by their keys, as the store holds them
    "_get_connection": Model,  # overridden, so that all tables share one connection
    "_make_api_call": BaseClient,  # what PynamoDB calls; `client` returns ours in its place
    "_tables": Connection(),  # the tables that a connection knows
    "_hash_keyname": Model,
    "_put_items": TransactWrite(connection=Connection()),  # the rows that a transaction writes
    "_range_keyname": Model,
}
"""Each private name, and where it is."""

OVERRIDDEN = {
    "dispatch": Connection,
    "session": Connection,
    "client": Connection,
    "serialize": Model,
    "save": Model,
    "__init__": Model,
    "_set_defaults": Model,
    "from_raw_data": Model,
}
"""What is replaced by our own."""


@pytest.mark.parametrize("name", PRIVATE)
def test_each_private_part_is_where_it_was(name):
    place = PRIVATE[name]

    names = list(place) if isinstance(place, Mapping) else dir(place)
    assert name in names


@pytest.mark.parametrize("name", OVERRIDDEN)
def test_each_part_that_is_replaced_is_there(name):
    assert hasattr(OVERRIDDEN[name], name)


def test_the_folder_uses_no_other_private_part():
    code = "\n".join(path.read_text() for path in FOLDER.rglob("*.py"))
    used = set(re.findall(r"\b(?:cls|self|super\(\))\.(_[a-z]\w*)", code))
    used |= set(re.findall(r"\((_[a-z]\w*)=", code))
    ours = {name for name in used if re.search(rf"\b(def {name}\(|{name}\b.* = )", code)}

    assert used - ours | {"_get_connection", "_make_api_call"} == set(PRIVATE)


def test_pynamodb_asks_its_client_for_nothing_else():
    code = inspect.getsource(Connection)

    asked = set(re.findall(r"self\.client\.(\w+)", code))

    assert asked == {"_make_api_call", "meta"}  # `meta` for the name of a connection alone
