"""What is deployed: the packaged template, the zip, and the zip at work under AWS's own emulator."""

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws
from samtranslator.public.translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform

from chalicelib.adapters import tables
from chalicelib.config import CONFIG
from tests import emulator, relay
from tools.package import ARCHIVE, ROOT, TEMPLATE

# One worker packages once; the others do something else meanwhile.
pytestmark = pytest.mark.xdist_group("package")

DYNOXIDE = ROOT / ".venv/dynoxide/node_modules/@dynoxide/linux-x64/dynoxide"
TABLES = {
    "TasksTable": "tasks",
    "ProjectsTable": "projects",
    "UsersTable": "users",
    "EndpointsTable": "endpoints",
    "DeliveriesTable": "deliveries",
    "SettingsTable": "settings",
}
SHAPE = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "StreamSpecification")


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    subprocess.run([sys.executable, "-m", "tools.package", "--stage", "dev", "--out", folder], cwd=ROOT, check=True)
    return folder


@pytest.fixture(scope="module")
def template(out) -> dict[str, Any]:
    return json.loads((out / TEMPLATE).read_text())


@pytest.fixture(scope="module")
def resources(template) -> dict[str, Any]:
    return template["Resources"]


@pytest.fixture(scope="module")
def names(out) -> list[str]:
    with zipfile.ZipFile(out / ARCHIVE) as archive:
        return archive.namelist()


# The template


def test_every_resource_that_is_merged_in_has_met_one_of_chalice(resources):
    typeless = [name for name, resource in resources.items() if "Type" not in resource]

    assert typeless == []


def test_the_stream_of_tasks_calls_dispatch_and_loses_nothing(resources):
    event_source = resources["Dispatch"]["Properties"]["Events"]

    assert event_source == {
        "DispatchDynamodbEventSource": {
            "Type": "DynamoDB",
            "Properties": {
                "Stream": {"Fn::GetAtt": ["TasksTable", "StreamArn"]},
                "StartingPosition": "TRIM_HORIZON",
                "BatchSize": 100,
                "MaximumBatchingWindowInSeconds": 0,
                "ParallelizationFactor": 10,
                "FilterCriteria": {
                    "Filters": [{"Pattern": '{"dynamodb": {"Keys": {"task_id": {"N": [{"exists": true}]}}}}'}]
                },
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "BisectBatchOnFunctionError": True,
                "MaximumRecordAgeInSeconds": 86400,
                "MaximumRetryAttempts": 1000,
                "DestinationConfig": {
                    "OnFailure": {"Type": "SQS", "Destination": {"Fn::GetAtt": ["DispatchFailures", "Arn"]}}
                },
            },
        }
    }


def test_both_functions_find_their_tables_and_dispatch_finds_its_queue(resources):
    variables = {name: resources[name]["Properties"]["Environment"]["Variables"] for name in ("APIHandler", "Dispatch")}

    prefix = {"Fn::Sub": "${AWS::StackName}-"}
    assert variables == {
        "APIHandler": {"LOG_LEVEL": "INFO", "TABLE_PREFIX": prefix},
        "Dispatch": {"LOG_LEVEL": "INFO", "TABLE_PREFIX": prefix, "RETRY_QUEUE_URL": {"Ref": "RetryQueue"}},
    }


def test_dispatch_has_time_for_a_batch_of_one_task_to_an_endpoint_that_hangs(resources):
    dispatch = resources["Dispatch"]["Properties"]
    batch = dispatch["Events"]["DispatchDynamodbEventSource"]["Properties"]["BatchSize"]

    assert dispatch["Timeout"] >= batch * CONFIG.delivery_timeout


@pytest.mark.parametrize("resource", TABLES)
def test_every_table_is_kept_encrypted_and_restorable(resources, resource):
    table = resources[resource]

    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["Properties"]["SSESpecification"] == {"SSEEnabled": True}
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_rows_that_expire_are_removed(resources):
    expiring = {
        name: resources[name]["Properties"]["TimeToLiveSpecification"]
        for name in TABLES
        if "TimeToLiveSpecification" in resources[name]["Properties"]
    }

    expires = {"AttributeName": "expires_at", "Enabled": True}
    assert expiring == {"DeliveriesTable": expires, "SettingsTable": expires}


def test_the_tables_of_the_template_are_those_of_the_models(resources):
    with mock_aws():
        tables.create_tables()
        described = {name: _described(CONFIG.table_prefix + suffix) for name, suffix in TABLES.items()}

    assert {name: _declared(resources[name]["Properties"]) for name in TABLES} == described


def _described(name: str) -> dict[str, Any]:
    table = boto3.client("dynamodb").describe_table(TableName=name)["Table"]
    indexes = [
        {key: index[key] for key in ("IndexName", "KeySchema", "Projection")}
        for index in table.get("GlobalSecondaryIndexes", [])
    ]
    view = table.get("StreamSpecification", {}).get("StreamViewType")
    return _ordered(table["TableName"], table["AttributeDefinitions"], table["KeySchema"], indexes, view)


def _declared(table: Mapping[str, Any]) -> dict[str, Any]:
    view = table.get("StreamSpecification", {}).get("StreamViewType")
    name = table["TableName"]["Fn::Sub"].replace("${AWS::StackName}-", CONFIG.table_prefix)
    indexes = table.get("GlobalSecondaryIndexes", [])
    return _ordered(name, table["AttributeDefinitions"], table["KeySchema"], indexes, view)


def _ordered(name: str, attributes: Any, key: Any, indexes: Any, view: Any) -> dict[str, Any]:
    return {
        "name": name,
        "attributes": {attribute["AttributeName"]: attribute["AttributeType"] for attribute in attributes},
        "key": key,
        "indexes": {index.pop("IndexName"): index for index in map(dict, indexes)},
        "stream": view,
    }


def test_every_queue_is_encrypted_and_keeps_its_messages_for_a_fortnight(resources):
    queues = {name: r["Properties"] for name, r in resources.items() if r["Type"] == "AWS::SQS::Queue"}

    assert set(queues) == {"RetryQueue", "RetryDeadLetters", "DispatchFailures"}
    assert {(queue["SqsManagedSseEnabled"], queue["MessageRetentionPeriod"]) for queue in queues.values()} == {
        (True, 14 * 24 * 3600)
    }
    assert queues["RetryQueue"]["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["RetryDeadLetters", "Arn"]},
        "maxReceiveCount": 5,
    }


@pytest.mark.parametrize("role", ["ApiHandlerRole", "DispatchRole"])
def test_a_role_names_each_action_and_each_resource_of_the_stack(resources, role):
    for statement in _statements(resources, role):
        assert [action for action in statement["Action"] if "*" in action] == []
        assert [resource for resource in statement["Resource"] if set(resource) != {"Fn::GetAtt"}] == []


def _statements(resources: Mapping[str, Any], role: str) -> list[dict[str, Any]]:
    [policy] = resources[role]["Properties"]["Policies"]
    return policy["PolicyDocument"]["Statement"]


def _allowed(resources: Mapping[str, Any], role: str, prefix: str) -> set[relay.Call]:
    return {
        (action, prefix + TABLES[resource["Fn::GetAtt"][0]])
        for statement in _statements(resources, role)
        for action in statement["Action"]
        for resource in statement["Resource"]
        if action.startswith("dynamodb:") and resource["Fn::GetAtt"][1] == "Arn"
    }


def test_the_stack_says_where_it_is(template):
    assert template["Outputs"]["EndpointURL"]["Value"] == {
        "Fn::Sub": "https://${RestAPI}.execute-api.${AWS::Region}.${AWS::URLSuffix}/api/"
    }


def test_cfn_lint_finds_nothing(out):
    lint = Path(sys.executable).with_name("cfn-lint")

    linted = subprocess.run(
        [lint, "--regions", "us-east-1", "--", out / TEMPLATE], capture_output=True, text=True, check=False
    )

    assert (linted.stdout, linted.returncode) == ("", 0)


def test_sam_expands_it_into_two_functions_and_no_role_of_its_own(template):
    iam = boto3.client("iam")
    uploaded = json.loads(json.dumps(template).replace("./deployment.zip", "s3://bucket/deployment.zip"))

    expanded = transform(uploaded, {}, ManagedPolicyLoader(iam))["Resources"]

    types = sorted(resource["Type"] for resource in expanded.values())
    assert types.count("AWS::Lambda::Function") == 2
    assert types.count("AWS::IAM::Role") == 2
    assert types.count("AWS::Lambda::EventSourceMapping") == 1


# The zip


def test_the_zip_has_at_most_6_mb(out):
    assert (out / ARCHIVE).stat().st_size <= 6_000_000


def test_the_zip_holds_the_application_and_what_it_imports_and_no_more(names):
    top = {name.partition("/")[0] for name in names if not name.startswith("__pycache__/")}

    assert top == {
        *("app.py", "chalicelib", "chalice"),
        *("boto3", "botocore", "certifi", "charset_normalizer", "dateutil", "idna", "jmespath"),
        *("pynamodb", "requests", "s3transfer", "six.py", "urllib3"),
    }
    assert [name for name in names if re.match(r"chalice/(?!app\.py|__init__\.py|__pycache__/)", name)] == []
    assert [name for name in names if re.search(r"(^|/)tests?/|\.dist-info/|\.pyi$", name)] == []


def test_of_botocores_data_the_zip_holds_two_services(names):
    services = {name.split("/")[2] for name in names if re.match("botocore/data/[^/]+/", name)}

    assert services == {"dynamodb", "sqs"}


def test_every_module_in_the_zip_is_compiled_for_the_runtime_that_the_template_names(names, resources):
    sources = {name for name in names if name.endswith(".py")}
    runtime = resources["APIHandler"]["Properties"]["Runtime"]
    tag = "cpython-" + runtime.removeprefix("python").replace(".", "")

    compiled = {re.sub(rf"__pycache__/([^/]+)\.{tag}\.pyc$", r"\1.py", name) for name in names if name.endswith("c")}

    assert compiled == sources


def test_the_zip_says_nothing_of_when_it_was_made(out, names):
    with zipfile.ZipFile(out / ARCHIVE) as archive:
        times = {entry.date_time for entry in archive.infolist()}

    assert times == {(1980, 1, 1, 0, 0, 0)}
    assert names == sorted(names)


# The zip at work


@pytest.fixture(scope="module")
def store_port(tmp_path_factory) -> Iterator[int]:
    if not (emulator.RUNS_HERE and DYNOXIDE.exists()):
        pytest.skip("needs dynoxide and AWS's emulator: Linux on x86_64 with npm")
    port = emulator.free_port()
    log = (tmp_path_factory.mktemp("dynoxide") / "log").open("wb")
    with log, subprocess.Popen([DYNOXIDE, "--port", str(port)], stdout=log, stderr=log) as process:
        emulator.wait_for_port(port, process)
        yield port
        process.terminate()


@pytest.fixture(scope="module")
def unpacked(out, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(out / ARCHIVE) as archive:
        archive.extractall(folder)
    return folder


class Receiver(HTTPServer):
    """Somebody's URL; what it is sent stands in `posts`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _ReceiverHandler)
        self.posts: Queue[tuple[str, dict[str, Any]]] = Queue()


class _ReceiverHandler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.put((self.path, json.loads(body)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- its parent's name
        pass


@contextmanager
def receiving() -> Iterator[Receiver]:
    with Receiver() as receiver:
        thread = Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield receiver
        finally:
            receiver.shutdown()
            thread.join()


def _environment(store_url: str) -> dict[str, str]:
    return {
        "TABLE_PREFIX": CONFIG.table_prefix,
        "RETRY_QUEUE_URL": "http://127.0.0.1:9/unused",
        "ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8",
        "AWS_ENDPOINT_URL_DYNAMODB": store_url,
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
    }


def _adding(token: str, title: str) -> dict[str, Any]:
    """Return what API Gateway sends for a URL that adds a task."""
    query = {"controller": "task", "action": "add", "token": token, "title": title}
    return {
        "resource": "/",
        "path": "/",
        "httpMethod": "GET",
        "headers": {"Host": "example.com"},
        "multiValueHeaders": {"Host": ["example.com"]},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()},
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {"resourcePath": "/", "httpMethod": "GET", "path": "/api/", "stage": "api"},
        "body": None,
        "isBase64Encoded": False,
    }


def _stream_event(streams: Any, table: str) -> dict[str, Any]:
    """Return all records of a table's stream as Lambda's event source mapping hands them over."""
    [stream] = streams.list_streams(TableName=table)["Streams"]
    arn = stream["StreamArn"]
    records = []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        start = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = streams.get_shard_iterator(**start)["ShardIterator"]
        records += streams.get_records(ShardIterator=iterator)["Records"]
    return {"Records": [json.loads(json.dumps({**r, "eventSourceARN": arn}, default=_epoch)) for r in records]}


def _epoch(moment: Any) -> float:
    return float(moment.timestamp())


def _prepare(run: Any, receiver_url: str) -> None:
    """Bring the tables, the first project and one endpoint into a store, as an operator would."""
    script = (
        "from chalicelib.adapters import tables; from chalicelib.services import settings; tables.create_tables();"
        f"settings.bootstrap('the-token', 'api', 'secret'); tables.Endpoint('ci', url='{receiver_url}').save()"
    )
    subprocess.run([sys.executable, "-c", script], env=run, cwd=ROOT, check=True)


def test_the_zip_adds_a_task_and_calls_the_configured_url_with_the_rights_that_it_has(
    unpacked, store_port, resources, tmp_path
):
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    store_url = f"http://127.0.0.1:{store_port}"
    streams = boto3.client(
        "dynamodbstreams",
        endpoint_url=store_url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with receiving() as receiver, relay.relaying(store_port) as for_api, relay.relaying(store_port) as for_dispatch:
        _prepare(keys | _environment(store_url), f"http://127.0.0.1:{receiver.server_port}/hook?from=ci")

        with emulator.running(unpacked, "app.app", _environment(for_api.url), tmp_path / "api") as api:
            added = api.invoke(_adding("the-token", "Büro\u2028"))
        event = _stream_event(streams, CONFIG.table_prefix + "tasks")
        with emulator.running(
            unpacked, "app.dispatch", _environment(for_dispatch.url), tmp_path / "dispatch"
        ) as dispatch:
            dispatched = dispatch.invoke(event)
        path, body = receiver.posts.get(timeout=5)

    assert (added["statusCode"], added["body"]) == (200, "OK")
    assert dispatched == {"batchItemFailures": []}
    assert path == "/hook?from=ci&token=the-token"
    assert (body["task_id"], body["title"]) == (1, "Büro\u2028")
    assert for_api.calls - _allowed(resources, "ApiHandlerRole", CONFIG.table_prefix) == set()
    assert for_dispatch.calls - _allowed(resources, "DispatchRole", CONFIG.table_prefix) == set()


def test_the_zip_refuses_a_wrong_token(unpacked, store_port, tmp_path):
    environment = _environment(f"http://127.0.0.1:{store_port}")
    with emulator.running(unpacked, "app.app", environment, tmp_path) as api:
        refused = api.invoke(_adding("guess", "Write"))

    assert (refused["statusCode"], refused["body"]) == (401, "Not Authorized")
