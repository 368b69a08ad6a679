"""Who sends a call, and where to."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import NoRegionError
from botocore.session import Session

from chalicelib.adapters.dynamodb import client
from chalicelib.adapters.dynamodb.client import usual_service
from chalicelib.adapters.dynamodb.data_calls import Service
from tests.support.failing_store import failing

TABLES, STREAMS = "DynamoDB_20120810", "DynamoDBStreams_20120810"


@pytest.fixture
def environ(monkeypatch):
    """The environment without anything that leads a client elsewhere."""
    for name in os.environ:
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    return monkeypatch


@pytest.mark.parametrize(
    ("variables", "host", "expected"),
    [
        ({}, "dynamodb", Service("https://dynamodb.eu-west-1.amazonaws.com", "eu-west-1", TABLES)),
        (
            {"AWS_DEFAULT_REGION": "us-gov-east-1"},
            "streams.dynamodb",
            Service(
                "https://streams.dynamodb.us-gov-east-1.amazonaws.com", "us-gov-east-1", STREAMS
            ),
        ),
        (
            {"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:8000/", "AWS_ENDPOINT_URL": "http://x"},
            "dynamodb",
            Service("http://127.0.0.1:8000", "eu-west-1", TABLES),
        ),
        (
            {"AWS_ENDPOINT_URL": "http://localhost:4566", "HTTPS_PROXY": "http://proxy:3128"},
            "streams.dynamodb",
            Service("http://localhost:4566", "eu-west-1", STREAMS),
        ),
        (
            {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": ".amazonaws.com"},
            "dynamodb",
            Service("https://dynamodb.eu-west-1.amazonaws.com", "eu-west-1", TABLES),
        ),
    ],
)
def test_where_calls_go_is_read_as_botocore_reads_it(environ, variables, host, expected):
    for name, value in variables.items():
        environ.setenv(name, value)

    assert usual_service(host) == expected
    theirs = Session().create_client({"dynamodb": "dynamodb"}.get(host, "dynamodbstreams"))
    assert theirs.meta.endpoint_url.rstrip("/") == expected.address


@pytest.mark.parametrize(
    "variables",
    [
        {"HTTPS_PROXY": "http://proxy:3128"},
        {"AWS_USE_FIPS_ENDPOINT": "true"},
        {"AWS_USE_DUALSTACK_ENDPOINT": "true"},
        {"AWS_ACCOUNT_ID_ENDPOINT_MODE": "required"},
        {"AWS_DEFAULT_REGION": "cn-north-1"},
        {"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:8000/a/path"},
        {"AWS_ENDPOINT_URL": "http://x:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
    ],
)
def test_what_is_configured_rarely_is_left_to_botocore(environ, variables):
    for name, value in variables.items():
        environ.setenv(name, value)

    assert usual_service() is None


def test_services_of_a_configuration_file_are_left_to_botocore(environ, tmp_path):
    file = tmp_path / "config"
    file.write_text(
        "[default]\nservices = mine\n[services mine]\ndynamodb =\n  endpoint_url = http://x\n"
    )
    environ.setenv("AWS_CONFIG_FILE", str(file))

    assert usual_service() is None


def test_a_region_is_required(environ):
    environ.delenv("AWS_DEFAULT_REGION")

    with pytest.raises(NoRegionError):
        usual_service()


ASK = """
from chalicelib.adapters.dynamodb.client import CONNECTION
from chalicelib.adapters.dynamodb.tables import Task

Task.find(1)
print(CONNECTION._client is None)
"""


@pytest.mark.process
@pytest.mark.parametrize(("choice", "is_own"), [("own", True), ("botocore", False)])
def test_the_environment_chooses_who_sends_and_our_way_makes_no_client_of_botocore(choice, is_own):
    with failing() as store:
        said = said_by(ASK, store.url, choice)

    [request] = store.received
    assert said == f"{is_own}\n"
    assert ("amz-sdk-invocation-id" not in request.headers) == is_own


LISTEN = """
from chalicelib.adapters.dynamodb.client import listen
from chalicelib.adapters.dynamodb.tables import Task

listen(print)
listen(lambda *told: print("again", told[0]))
Task.find(1)
"""


@pytest.mark.process
@pytest.mark.parametrize("choice", ["own", "botocore"])
def test_all_listeners_receive_the_call_that_was_answered_whoever_sent_it(choice):
    with failing() as store:
        said = said_by(LISTEN, store.url, choice)

    first, again = said.splitlines()
    assert re.fullmatch("GetItem {.*'TableName': '[^']*tasks'.*} 200 ", first)
    assert again == "again GetItem"


def said_by(program, url, choice):
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).resolve().parents[3],
        env=os.environ | {"AWS_ENDPOINT_URL_DYNAMODB": url, "STORE_CLIENT": choice},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_the_authorities_that_are_configured_are_trusted(environ):
    environ.setenv("AWS_CA_BUNDLE", "/etc/authorities.pem")

    address = "https://dynamodb.eu-west-1.amazonaws.com"
    assert usual_service() == Service(address, "eu-west-1", TABLES, "/etc/authorities.pem")


def test_the_keys_of_the_environment_are_found_before_those_of_a_file(environ, tmp_path):
    file = tmp_path / "credentials"
    file.write_text("[default]\naws_access_key_id = of-file\naws_secret_access_key = secret\n")
    environ.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    environ.setattr(client, "CONNECTION", client._OneClient())
    found = [client.find_credentials()]
    environ.setenv("AWS_ACCESS_KEY_ID", "of-environment")
    environ.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    found.append(client.find_credentials())

    assert [keys and keys.get_frozen_credentials().access_key for keys in found] == [
        "of-file",
        "of-environment",
    ]


IN_ORDER = """
from chalicelib.adapters.dynamodb.client import CONNECTION
from chalicelib.adapters.dynamodb import tables

for model in {}:
    getattr(tables, model)._get_connection()
table = CONNECTION.get_meta_table(tables.PastEvent.Meta.table_name)
print(table.has_index_name("by_project"))
"""


@pytest.mark.parametrize(
    "models", [("RefusedRequest", "PastEvent"), ("PastEvent", "RefusedRequest")]
)
def test_a_model_without_indexes_hides_none_of_those_of_its_table(models):
    """Each is imported as it is used."""
    said = subprocess.check_output([sys.executable, "-c", IN_ORDER.format(models)], text=True)

    assert said == "True\n"
