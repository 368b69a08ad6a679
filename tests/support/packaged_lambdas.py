"""The packaged functions under AWS's emulator, as the template configures them."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from chalicelib.config import CONFIG
from local.loopback import free_port
from tests.support import event_sources, recording_relay
from tests.support.moto_server import moto_server
from tests.support.receivers import Inbox
from tests.support.stack_names import FUNCTIONS
from tools import emulator
from tools.package import ROOT

DYNOXIDE = ROOT / ".venv/dynoxide/node_modules/@dynoxide/linux-x64/dynoxide"
PREFIX = CONFIG.table_prefix
ELSEWHERE = {
    "ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8",
    "DELIVERY_TIMEOUT": "10",  # for machines that are busy
    "RETRY_DELAYS": "0.1,0.1,60",
    "RETRY_JITTER": "0",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
}


class Lambdas(NamedTuple):
    """The running functions, their stores, and two endpoints: one good, one bad at first."""

    api: emulator.Function
    dispatch: emulator.Function
    retry: emulator.Function
    sweep: emulator.Function
    relays: Mapping[str, recording_relay.Relay]
    store_url: str
    retries: event_sources.Queue
    failures: event_sources.Queue
    well: Inbox
    ill: Inbox


@contextmanager
def _store(scratch: Path) -> Iterator[str]:
    if not (emulator.RUNS_HERE and DYNOXIDE.exists()):
        pytest.skip("needs dynoxide and AWS's emulator: Linux on x86_64 with npm")
    port = free_port()
    log = (scratch / "dynoxide.log").open("wb")
    with log, subprocess.Popen([DYNOXIDE, "--port", str(port)], stdout=log, stderr=log) as process:
        emulator.wait_for_port(port, process)
        yield f"http://127.0.0.1:{port}"
        process.terminate()


@contextmanager
def running(unpacked: Path, resources: Mapping[str, Any], scratch: Path) -> Iterator[Lambdas]:
    """Run the functions of an unpacked zip as the resources of its template declare them."""
    with ExitStack() as until_then:
        enter = until_then.enter_context
        store_url = enter(_store(scratch))
        queue_url = enter(moto_server())
        retries, failures = (
            event_sources.Queue(queue_url, name) for name in ("RetryQueue", "Failures")
        )
        urls = {"RetryQueue": retries.url, "Failures": failures.url}
        well, ill = enter(Inbox()), enter(Inbox(status=500))
        relays = {
            name: enter(recording_relay.relaying(_port(store_url), _port(queue_url)))
            for name in FUNCTIONS
        }
        api, dispatch, retry, sweep = (
            enter(_running(resources[name], urls, relays[name], unpacked, scratch / name))
            for name in FUNCTIONS
        )
        _prepare(store_url, {"well": well.url, "ill": ill.url + "hook?from=ci"})
        yield Lambdas(api, dispatch, retry, sweep, relays, store_url, retries, failures, well, ill)


def _port(url: str) -> int:
    return int(urlsplit(url).port or 0)


def _running(
    function: Mapping[str, Any],
    queue_urls: Mapping[str, str],
    through: recording_relay.Relay,
    unpacked: Path,
    scratch: Path,
) -> AbstractContextManager[emulator.Function]:
    """Run a function with the template's environment; all its calls go through the relay."""
    properties = function["Properties"]
    variables = {
        name: _value(value, queue_urls)
        for name, value in properties["Environment"]["Variables"].items()
    }
    log_format = {"AWS_LAMBDA_LOG_FORMAT": properties["LoggingConfig"]["LogFormat"]}
    environment = variables | ELSEWHERE | log_format | {"AWS_ENDPOINT_URL": through.url}
    return emulator.running(unpacked, properties["Handler"], environment, scratch)


def _value(declared: Any, queue_urls: Mapping[str, str]) -> str:
    match declared:
        case {"Ref": name}:
            return queue_urls[name]
        case {"Fn::Sub": text}:
            return text.replace("${AWS::StackName}-", PREFIX)
    return declared


def _prepare(store_url: str, endpoints: Mapping[str, str]) -> None:
    """Bring the tables, the first project and endpoints into a store, as an operator would."""
    script = (
        "import json, sys; from chalicelib.adapters.dynamodb import tables;"
        "from chalicelib.services.accounts import first_start;"
        "tables.create_tables(); first_start.bootstrap('the-token', 'api', 'secret');"
        "[tables.Endpoint(name, url=url).save() for name, url in json.loads(sys.argv[1]).items()]"
    )
    keys = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    environment = keys | ELSEWHERE | {"TABLE_PREFIX": PREFIX, "AWS_ENDPOINT_URL": store_url}
    subprocess.run(
        [sys.executable, "-c", script, json.dumps(endpoints)], env=environment, cwd=ROOT, check=True
    )
