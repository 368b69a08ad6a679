"""AWS Lambda on this machine: the packaged zip under AWS's own runtime interface emulator."""

import json
import os
import platform
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from local.loopback import free_port

RUNS_HERE = (platform.system(), platform.machine()) == ("Linux", "x86_64")
_RUNTIME = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")
_START_TIMEOUT = 60.0
_CALL_TIMEOUT = 30.0


class FunctionFailed(Exception):
    """The function, or the emulator under it, ended or answered with an error."""


class Function:
    """A Lambda function under the emulator; `invoke` acts as an event source."""

    def __init__(self, port: int, log: Path, pid: int) -> None:
        """Keep the emulator's port, the function's log and the process."""
        self._port = port
        self._log = log
        self.pid = pid

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """Return the function's answer to an event.

        Raises:
            FunctionFailed: The message has its answer and its log.
        """
        said = self._post(json.dumps(event).encode())
        try:
            answer = json.loads(said)
        except ValueError:  # the emulator's own words: the function took too long
            answer = {"errorType": said}
        if isinstance(answer, dict) and "errorType" in answer:
            raise FunctionFailed(f"{answer}\n{self._log.read_text()}")
        return answer

    def _post(self, body: bytes) -> str:
        url = f"http://127.0.0.1:{self._port}/2015-03-31/functions/function/invocations"
        with urllib.request.urlopen(url, body, timeout=_CALL_TIMEOUT) as answer:
            return str(answer.read(), "utf-8")

    def told(self, message: str) -> list[dict[str, Any]]:
        """Return the function's JSON log entries with a message."""
        lines = [
            json.loads(line)
            for line in self._log.read_text().splitlines()
            if line.startswith('{"timestamp"')
        ]
        return [line for line in lines if line["message"] == message]

    def init_ms(self) -> float:
        """Return the function's init time before its first event, in milliseconds."""
        [took] = re.findall(r"INIT REPORT\(durationMs: ([0-9.]+)\)", self._log.read_text())
        return float(took)


@contextmanager
def running(
    package: Path, handler: str, environment: Mapping[str, str], scratch: Path
) -> Iterator[Function]:
    """Run a handler of an unpacked zip; only the zip and AWS's runtime can be imported."""
    scratch.mkdir(parents=True, exist_ok=True)
    port, log = free_port(), scratch / "log"
    command: list[str | Path] = [
        _installed("samcli") / "local" / "rapid" / "aws-lambda-rie-x86_64",
        *("--runtime-interface-emulator-address", f"127.0.0.1:{port}"),
        *("--runtime-api-address", f"127.0.0.1:{free_port()}"),
        *(_wrapper(scratch), handler),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=package,
            env=_environment(package, scratch, handler, environment),
            stdout=output,
            stderr=output,
        )
    try:
        wait_for_port(port, process)
        yield Function(port, log, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=5)


def _installed(name: str) -> Path:
    spec = find_spec(name)
    if spec is None:
        raise FileNotFoundError(f"{name} is not installed: run make setup")
    return Path(str(spec.origin)).parent


def _wrapper(scratch: Path) -> Path:
    script = scratch / "bootstrap"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -S -m awslambdaric "$1"\n')
    script.chmod(0o755)
    return script


def _environment(
    package: Path, scratch: Path, handler: str, more: Mapping[str, str]
) -> dict[str, str]:
    runtime = scratch / "runtime"
    runtime.mkdir()
    site_packages = _installed("awslambdaric").parent
    for name in _RUNTIME:
        [found] = [
            path
            for path in site_packages.glob(f"{name}*")
            if re.fullmatch(rf"{name}(\.py|\..*\.so)?", path.name)
        ]
        (runtime / found.name).symlink_to(found)
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{package}:{runtime}",
        "PYTHONDONTWRITEBYTECODE": "1",  # /var/task is read-only
        "LAMBDA_TASK_ROOT": str(package),
        "AWS_LAMBDA_FUNCTION_NAME": handler.replace(".", "-"),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "60",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        **more,
    }


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a process listens on a port of 127.0.0.1.

    Raises:
        FunctionFailed: The process has ended.
        TimeoutError: It does not listen yet.
    """
    deadline = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise FunctionFailed(f"{process.args!r} ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.01)
    raise TimeoutError(f"nobody listens on 127.0.0.1:{port}")
