"""An emulated cloud on this machine: MiniStack runs the stack that `make deploy` deploys to AWS.

It runs the packaged functions, the stream, the queues, the schedule and the REST API, and enforces
the roles. `python -m tools.cloud` deploys to one and runs until Ctrl-C: a serverless stack without
an account.
"""

import argparse
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

import boto3

from local.loopback import free_port
from tools import deploy
from tools.package import ARCHIVE, OUT, ROOT, TEMPLATE
from tools.stack import Stack, StackError

PYTHON = ROOT / ".venv/ministack/bin/python"
"""MiniStack has its own environment, since it pins another botocore."""

STAGE = "dev"
_LEASH = ROOT / "local/die_with_parent.py"
_START = 60.0  # seconds to start
_ACCOUNT, _REGION = "123456789012", "us-east-1"
_CONCURRENCY = 10  # concurrent Lambdas, as in a new account

Template = dict[str, Any]


class Change(NamedTuple):
    """A change of the template that MiniStack needs to behave like AWS."""

    why: str
    apply: Callable[[Template], None]


def _drop_metric_math(template: Template) -> None:
    resources = template["Resources"]
    for name in [
        name for name, one in resources.items() if "Metrics" in one["Properties"] and _is_alarm(one)
    ]:
        del resources[name]


def _is_alarm(resource: Mapping[str, Any]) -> bool:
    return bool(resource["Type"] == "AWS::CloudWatch::Alarm")


def _allow_batches(template: Template) -> None:
    for statement in _statements(template):
        if "sqs:SendMessage" in statement["Action"]:
            statement["Action"].append("sqs:SendMessageBatch")


def _statements(template: Template) -> Iterator[dict[str, Any]]:
    for resource in template["Resources"].values():
        for policy in resource["Properties"].get("Policies", ()):
            yield from policy["PolicyDocument"]["Statement"]


def _let_loopback_be_called(template: Template) -> None:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["Environment"]["Variables"]["ALLOWED_PRIVATE_NETWORKS"] = (
                "127.0.0.0/8"
            )


def _write_values_out(template: Template) -> None:
    """Replace references to parameters by their numbers and booleans."""
    values = {
        name: json.loads(str(one["Default"]))
        for name, one in template["Parameters"].items()
        if one["Type"] == "Number" or one["Default"] in ("true", "false")
    }
    template["Resources"] = _with_values(template["Resources"], values)


def _say_binary_types_twice(template: Template) -> None:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Api":
            resource["Properties"]["BinaryMediaTypes"] = ["*/*"]


def _with_values(part: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(part, list):
        return [_with_values(one, values) for one in part]
    if not isinstance(part, dict):
        return part
    if part.keys() == {"Ref"} and part["Ref"] in values:
        return values[part["Ref"]]
    return {name: _with_values(one, values) for name, one in part.items()}


CHANGES = (
    Change("metric math is refused, so its alarms go", _drop_metric_math),
    Change("a batch is asked for by an action of its own, which AWS does not know", _allow_batches),
    Change(
        "receivers listen on loopback here, which a deployed Taskhook does not call",
        _let_loopback_be_called,
    ),
    Change(
        "a parameter stays a text: false would protect tables, a number stops the queue's reader",
        _write_values_out,
    ),
    Change(
        "the types of binary answers in an API's definition are not read, only those beside it",
        _say_binary_types_twice,
    ),
)


def adapt(out: Path, into: Path, changes: Sequence[Change] = CHANGES) -> Path:
    """Copy the package into a folder with a changed template, and return the folder."""
    template: Template = json.loads((out / TEMPLATE).read_text())
    for change in changes:
        change.apply(template)
    into.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(out / ARCHIVE, into / ARCHIVE)
    (into / TEMPLATE).write_text(json.dumps(template, indent=1))
    return into


class Cloud(NamedTuple):
    """A running MiniStack."""

    port: int

    @property
    def environment(self) -> dict[str, str]:
        """The environment for boto3 and the AWS command line, as the account's root."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": _REGION,
            "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
        }

    def url(self, api_id: str) -> str:
        """Return a REST API's URL below its stage; browsers and curl resolve `*.localhost`."""
        return f"http://{api_id}.execute-api.localhost:{self.port}/api/"


@contextmanager
def running(folder: Path, port: int = 0) -> Iterator[Cloud]:
    """Run MiniStack with enforced roles; it stores nothing, and logs into `folder`.

    Raises:
        StackError: It is not installed, or does not start.
    """
    if not PYTHON.exists():
        raise StackError("MiniStack is not installed: run make setup")
    cloud = Cloud(port or free_port())
    with (folder / "ministack.log").open("wb") as log:
        command = [sys.executable, str(_LEASH), str(os.getpid()), str(PYTHON), "-m", "ministack"]
        process = subprocess.Popen(
            command, cwd=folder, env=_environment(cloud, folder), stdout=log, stderr=log
        )
    try:
        _await(cloud, process)
        yield cloud
    finally:
        process.terminate()
        process.wait()


def _environment(cloud: Cloud, folder: Path) -> dict[str, str]:
    own = {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(cloud.port),
        "LAMBDA_ACCOUNT_CONCURRENCY": str(_CONCURRENCY),
        "MINISTACK_ACCOUNT_ID": _ACCOUNT,
        "MINISTACK_REGION": _REGION,
        "STATE_DIR": str(folder),
        "S3_DATA_DIR": str(folder / "s3"),
        "TMPDIR": str(folder),
    }
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"} | own


def _await(cloud: Cloud, process: "subprocess.Popen[bytes]") -> None:
    give_up_at = time.monotonic() + _START
    while time.monotonic() < give_up_at and process.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{cloud.port}/_ministack/health", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise StackError(f"MiniStack did not answer within {_START:.0f} s")


def main() -> None:
    """Deploy to MiniStack and run until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT, help="the folder of the package")
    parser.add_argument("--port", type=int, default=4566, help="(default: %(default)s)")
    asked = parser.parse_args()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    with tempfile.TemporaryDirectory() as scratch, running(Path(scratch), asked.port) as cloud:
        os.environ |= cloud.environment
        print("Deploying the stack to MiniStack", flush=True)
        with redirect_stdout(io.StringIO()):
            deploy.deploy(STAGE, adapt(asked.out, Path(scratch) / "out"))
        _tell(cloud)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


def _tell(cloud: Cloud) -> None:
    stack = Stack(f"taskhook-{STAGE}", {})
    parameter = boto3.client("ssm").get_parameter(
        Name=f"/{stack.name}/admin-password", WithDecryption=True
    )
    settings = boto3.client("dynamodb").get_item(
        TableName=f"{stack.name}-settings", Key={"id": {"S": "settings"}}
    )
    url = cloud.url(stack.outputs()["Url"].removeprefix("https://").partition(".")[0])
    token = settings["Item"]["webhook_token"]["S"]
    print(f"\nTaskhook runs at {url}")
    query = f"controller=task&action=add&token={token}&title=mySuperTask"
    print(f"  Add a task      curl '{url}?{query}'")
    print(f"  Settings page   {url}settings")
    print(f"  Sign in as      admin with {parameter['Parameter']['Value']}")
    print(
        "  AWS commands    "
        + " ".join(f"{name}={value}" for name, value in cloud.environment.items())
        + " .venv/bin/aws ..."
    )
    print(
        "\nReceivers on 127.0.0.1 may be called. Ctrl-C stops it and discards its data.", flush=True
    )


if __name__ == "__main__":
    main()
