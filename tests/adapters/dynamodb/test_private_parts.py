"""The undocumented parts of PynamoDB and botocore in use: an upgrade that moves one fails here."""

import inspect
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from pynamodb.connection import Connection
from pynamodb.models import Model

from chalicelib.adapters.dynamodb.client import client
from chalicelib.adapters.dynamodb.tables import Task

FOLDER = Path(__file__).resolve().parents[3] / "chalicelib/adapters/dynamodb"

PRIVATE = {
    "_batch_get_page": Model,  # one call for rows by their keys, as the store holds them
    "_get_connection": Model,  # overridden, so that all tables share one connection
    "_tables": Connection(),  # the tables that a connection knows
    "_user_instantiated": inspect.signature(Model.__init__).parameters,  # false: no default is set
}
"""Each private name, and where it is."""

OVERRIDDEN = {
    "session": Connection,
    "client": Connection,
    "serialize": Model,
    "from_raw_data": Model,
}
"""What is public, but replaced by our own."""

EVENTS = {
    "provide-client-params.dynamodb.GetItem": ("params", "model", "context"),
    "before-call.dynamodb.GetItem": ("params", "model", "context"),
    "before-parse.dynamodb.GetItem": (
        "response_dict",
        "operation_model",
        "customized_response_dict",
    ),
}
"""The events of botocore in the order of a call, with the arguments that are read."""


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

    assert used - ours | {"_get_connection"} == set(PRIVATE)


@pytest.mark.usefixtures("cloud")
def test_a_call_has_each_event_with_what_is_read_of_it():
    seen = {}

    def note(event_name, **arguments):
        seen[event_name] = arguments

    for event in EVENTS:
        client().meta.events.register_first(event, note)
    try:
        Task.find(1)
    finally:
        for event in EVENTS:
            client().meta.events.unregister(event, note)

    assert list(seen) == list(EVENTS)
    assert all(set(reads) <= set(seen[name]) for name, reads in EVENTS.items())
    assert {"body"} <= seen["before-call.dynamodb.GetItem"]["params"].keys()
    assert seen["before-parse.dynamodb.GetItem"]["response_dict"]["body"] == b"{}"  # read by us
