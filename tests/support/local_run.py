"""Taskhook started as a person starts it: `python -m local` in a process of its own."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode, urlsplit

import boto3

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60.0  # seconds until what should happen is given up

_T = TypeVar("_T")


def wait_until(check: Callable[[], _T], patience: float = PATIENCE) -> _T:
    """Return what `check` returns as soon as that is true; half of the time others compute."""
    give_up_at = time.monotonic() + patience
    while True:
        begun_at = time.monotonic()
        if seen := check():
            return seen
        now = time.monotonic()
        assert now < give_up_at, f"waited {patience} s in vain"
        time.sleep(min(max(0.01, now - begun_at), 1))


class Answer(NamedTuple):
    """What HTTP answered."""

    status: int
    headers: Mapping[str, str]
    body: str


class LocalRun:
    """A local run, started on entering or by `start`; it may start again on the same data."""

    def __init__(
        self,
        data_dir: Path,
        *arguments: str,
        store: str = "dynoxide",
        environ: Mapping[str, str] | None = None,
        prefix: Iterable[str] = (sys.executable, "-m", "local"),
    ) -> None:
        """Say how to start it; nothing runs yet.

        Args:
            data_dir: Where it keeps its data; what it says and its ready file are put beside it.
            arguments: More arguments of the command.
            store: dynoxide, memory or a URL.
            environ: What the environment has beside the tests' own.
            prefix: What to run instead of `python -m local`.
        """
        self.data_dir = data_dir
        self.ready_file = data_dir.with_name(data_dir.name + ".ready.json")
        self._stdout = data_dir.with_name(data_dir.name + ".stdout")
        self._stderr = data_dir.with_name(data_dir.name + ".stderr")
        self._command = [*prefix, "--port", "0", "--data-dir", str(data_dir), "--store", store]
        self._command += ["--ready-file", str(self.ready_file), *arguments]
        # What conftest.py sets for chalicelib in the tests' own process is no part of a start.
        own = {"RETRY_JITTER", "SETTINGS_TTL", "ALLOWED_PRIVATE_NETWORKS", "TABLE_PREFIX"}
        self._environ = {
            name: value for name, value in os.environ.items() if name not in own
        } | dict(environ or {})
        self.process: subprocess.Popen[bytes] | None = None
        self.ready: dict[str, Any] = {}

    def __enter__(self) -> "LocalRun":  # noqa: PYI034 -- Self is of Python 3.11
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.launch()
        try:
            wait_until(self._is_ready)
        except BaseException:
            self.kill()
            raise
        self.ready = json.loads(self.ready_file.read_text())

    def launch(self) -> None:
        """Start it and wait for nothing."""
        self.ready_file.unlink(missing_ok=True)
        with self._stdout.open("wb") as stdout, self._stderr.open("wb") as stderr:
            self.process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environ,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )

    def _is_ready(self) -> bool:
        assert self._started.poll() is None, (
            f"it ended with {self._started.returncode}: {self.stderr}"
        )
        return self.ready_file.exists()

    @property
    def _started(self) -> "subprocess.Popen[bytes]":
        assert self.process is not None, "it was not started"
        return self.process

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; return its exit code."""
        if self._started.poll() is None:
            self._started.send_signal(how)
        return self.wait()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._started.kill()
        self._started.wait()

    def wait(self) -> int:
        """Wait for its end and return its exit code."""
        return self._started.wait(PATIENCE)

    @property
    def store_pid(self) -> int:
        """The process id of its dynoxide."""
        return self._child("dynoxide")

    @property
    def events_pid(self) -> int:
        """The process id of what calls its event handlers."""
        return self._child("local.events")

    def _child(self, name: str) -> int:
        pid = self._started.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        [child] = [
            child for child in children if name in Path(f"/proc/{child}/cmdline").read_text()
        ]
        return int(child)

    @property
    def stdout(self) -> str:
        """What it has said so far."""
        return self._stdout.read_text()

    @property
    def stderr(self) -> str:
        """What it has complained about so far."""
        return self._stderr.read_text()

    @property
    def url(self) -> str:
        """Where it answers."""
        return str(self.ready["url"])

    @property
    def token(self) -> str:
        """The webhook token."""
        return str(self.ready["token"])

    def wait_until(self, check: Callable[[], _T], patience: float = PATIENCE) -> _T:
        """Return what `check` returns as soon as that is true."""
        return wait_until(check, patience)

    def connection(self, patience: float = PATIENCE) -> http.client.HTTPConnection:
        """Return a connection to be closed by its user; an answer may take `patience` seconds."""
        address = urlsplit(self.url)
        return http.client.HTTPConnection(
            address.hostname or "", address.port or 0, timeout=patience
        )

    def request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request on a connection of its own."""
        connection = self.connection()
        try:
            connection.request(method, target, body, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read().decode())
        finally:
            connection.close()

    def add(self, **parameters: object) -> Answer:
        """Add a task by URL."""
        query = {"controller": "task", "action": "add", "token": self.token, **parameters}
        return self.request("GET", "/?" + urlencode(query))

    def configure(self, url: str) -> None:
        """Add an endpoint as one does in the AWS console: no more than its id and its URL."""
        self._store.put_item(
            TableName="taskhook-dev-endpoints", Item={"id": {"S": "ci"}, "url": {"S": url}}
        )

    def states(self) -> list[str]:
        """Return how the deliveries stand, as their rows say."""
        rows = self._store.scan(TableName="taskhook-dev-deliveries", ConsistentRead=True)["Items"]
        return [row["status"]["S"] for row in rows]

    @property
    def _store(self) -> Any:
        return self.client("dynamodb")

    def client(self, service: str) -> Any:
        """Return a client of AWS that has its keys: of `dynamodb`, of its streams, or of `sqs`."""
        url = self.ready["sqs_url" if service == "sqs" else "dynamodb_url"]
        return boto3.client(service, endpoint_url=url, region_name="us-east-1", **self.keys)  # type: ignore[call-overload]  # it wants a literal

    @property
    def keys(self) -> dict[str, str]:
        """Its keys, by the names that boto3 has for them."""
        return {
            name: str(self.ready[name]) for name in ("aws_access_key_id", "aws_secret_access_key")
        }

    @property
    def environ(self) -> dict[str, str]:
        """What leads a program that knows AWS alone to its tables."""
        named = {name.upper(): value for name, value in self.keys.items()}
        return named | {"AWS_ENDPOINT_URL_DYNAMODB": self.ready["dynamodb_url"]}

    def manage(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run `manage.py` against this run."""
        command = [
            sys.executable,
            "manage.py",
            "--local",
            "--data-dir",
            str(self.data_dir),
            *arguments,
        ]
        return subprocess.run(
            command,
            cwd=ROOT,
            env=self._environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
