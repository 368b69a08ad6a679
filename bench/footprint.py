"""Count the AWS usage of one task with three endpoints, and write bench/footprint.json.

The shipped functions run in this process over dynoxide, which says for each call how many units
DynamoDB would have charged, its indexes included; the receivers are another process. `alone` is a
task with cold caches, as in an idle Lambda; `busy` is one among many.
"""

import json
import os
import socket
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from chalice.local import LambdaContext

from bench.common import ROOT, circumstances
from bench.metering import Footprint, Meter
from bench.receivers import Receivers
from bench.stored import stored_bytes
from local import store
from local.__main__ import cloud_at
from local.backends import services
from local.credentials import new_credentials
from local.door import Door
from local.queue import Queues
from local.sqs import Sqs

FOOTPRINT = ROOT / "bench/footprint.json"

_ENDPOINTS = 3
_ROUNDS = 20


class Taskhook:
    """The shipped functions, called as Lambda calls them."""

    def __init__(self, urls: list[str], queues: Queues) -> None:
        """Start with these endpoints and queues."""
        from chalicelib.adapters.dynamodb import tables  # noqa: PLC0415 -- they read the environment
        from chalicelib.config import CONFIG  # noqa: PLC0415
        from chalicelib.services.accounts import settings, users  # noqa: PLC0415
        from chalicelib.services.deliveries import statistics  # noqa: PLC0415
        from chalicelib.services.endpoints import endpoints  # noqa: PLC0415
        from chalicelib.services.projects import projects  # noqa: PLC0415
        from chalicelib.services.tasks import lifecycle  # noqa: PLC0415
        from chalicelib.services.tasks.id_allocator import BlockAllocator  # noqa: PLC0415
        from local import places, stream, system  # noqa: PLC0415

        statistics.SETTLED_AFTER = 0  # so that a sweep counts recent deliveries
        self._system: Any = system
        self._endpoints = endpoints
        system.create_queues(queues)
        self._token = system.bootstrap().webhook_token
        for number, url in enumerate(urls):
            endpoints.add_endpoint(url, endpoint_id=f"receiver-{number}")
        self._caches: tuple[Any, ...] = (settings.CACHE, projects.CACHE, users.CACHE)
        self._board = lifecycle
        reserve = partial(tables.Numbers.reserve, "task")
        self._numbers: Callable[[], Any] = lambda: BlockAllocator(reserve)
        store = boto3.client("dynamodb")
        table = store.describe_table(TableName=tables.Task.Meta.table_name)["Table"]
        arn = table["LatestStreamArn"]
        self._stream = stream.Stream(arn, places.Places(None, arn))
        self._queue_url = CONFIG.retry_queue_url
        self._sqs = boto3.client("sqs")

    def forget(self) -> None:
        """Clear the caches before the next call."""
        for cache in self._caches:
            cache.forget()
        self._board._task_ids = self._numbers()  # noqa: SLF001 -- a new Lambda has reserved none

    def add(self) -> None:
        """Answer a URL that adds a task."""
        query = {
            "controller": "task",
            "action": "add",
            "token": self._token,
            "title": "mySuperTask",
        }
        path = {"resourcePath": "/", "httpMethod": "GET", "path": "/api/", "stage": "api"}
        event: dict[str, Any] = {
            "requestContext": path,
            "headers": {"Host": "example.com"},
            "pathParameters": None,
        }
        event |= {
            "multiValueQueryStringParameters": {name: [value] for name, value in query.items()}
        }
        event |= {"stageVariables": None, "body": None, "isBase64Encoded": False}
        answer = self._system.app(event, LambdaContext("api", 512, 29_000))
        assert answer["body"] == "OK", answer  # noqa: S101

    def records(self, count: int) -> list[dict[str, Any]]:
        """Return a number of new records of the stream of tasks."""
        found: list[dict[str, Any]] = []
        while len(found) < count:
            found += [record.content for page in self._stream.look() for record in page]
        return found

    def dispatch(self, record: dict[str, Any]) -> None:
        """Dispatch one change to the endpoints."""
        self._system.dispatch({"Records": [record]}, LambdaContext("dispatch", 1024, 120_000))

    def move(self, url: str) -> None:
        """Change the URL of the first endpoint."""
        self._endpoints.change_endpoint("receiver-0", url)

    def message(self) -> dict[str, Any]:
        """Return the next message of the retry queue."""
        while True:
            for message in self._sqs.receive_message(
                QueueUrl=self._queue_url, WaitTimeSeconds=1
            ).get("Messages", []):
                self._sqs.delete_message(
                    QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"]
                )
                return {"messageId": message["MessageId"], "body": message["Body"]}

    def retry(self, message: dict[str, Any]) -> None:
        """Retry the delivery of a message."""
        self._system.retry({"Records": [message]}, LambdaContext("retry", 512, 60_000))

    def sweep(self) -> None:
        """Run a sweep."""
        event: dict[str, Any] = {
            "time": "",
            "id": "",
            "source": "",
            "account": "",
            "region": "",
            "detail": {},
        }
        self._system.sweep(event | {"detail-type": "", "version": "0", "resources": []}, None)


@contextmanager
def _cloud() -> Iterator[Queues]:
    """Point this process at a new store, and yield new queues that it calls."""
    if store.find_dynoxide() is None:
        raise SystemExit("dynoxide is not installed: npm and `make setup` bring it")
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory()))
        listening, keys = socket.create_server(("127.0.0.1", 0)), new_credentials()
        sqs_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        queues = Queues()
        parts.enter_context(Door(listening, keys, services(None, Sqs(queues, sqs_url))))
        cloud_at(parts.enter_context(store.opened("dynoxide", folder)).url, sqs_url, keys).enter()
        os.environ["RETRY_DELAYS"] = "0.001,5"  # the first retry needs no waiting
        yield queues


def measure() -> dict[str, Any]:
    """Return the median footprint of each part, and the bytes of a task in each table."""
    receivers = Receivers(_ENDPOINTS)
    with _cloud() as queues:
        meter, taskhook = Meter(), Taskhook(receivers.urls, queues)
        parts = _adds_and_dispatches(meter, taskhook)
        posts = receivers.look()
        parts["retry"] = _retry(meter, taskhook, receivers.urls[0], parts["dispatch_busy"])
        parts["sweep"] = _sweep(meter, taskhook)
        parts["sweep_idle"] = _median([meter.of(taskhook.sweep) for _ in range(_ROUNDS)])
        posted = statistics.mean(len(post.raw) for post in posts)
        for part, count in (
            ("dispatch_alone", _ENDPOINTS),
            ("dispatch_busy", _ENDPOINTS),
            ("retry", 1),
        ):
            parts[part]["out_bytes"] = posted * count
        for found in parts.values():
            for name, value in found.items():
                found[name] = round(value, 1)
        return circumstances() | {
            "parts": parts,
            "stored_bytes": stored_bytes(("tasks", "deliveries", "events")),
        }


def _adds_and_dispatches(meter: Meter, taskhook: Taskhook) -> dict[str, Footprint]:
    def alone(act: Callable[[], object]) -> Footprint:
        taskhook.forget()
        return meter.of(act)

    parts = {}
    taskhook.add()  # the reads and rows of a first call belong to no task
    taskhook.dispatch(taskhook.records(1)[0])
    for name, measured in (("alone", alone), ("busy", meter.of)):
        parts[f"add_{name}"] = _median([measured(taskhook.add) for _ in range(_ROUNDS)])
        records = taskhook.records(_ROUNDS)
        runs = [partial(taskhook.dispatch, record) for record in records]
        parts[f"dispatch_{name}"] = _median([measured(run) for run in runs])
    return parts


def _retry(meter: Meter, taskhook: Taskhook, url: str, good: Footprint) -> Footprint:
    """Return the additional usage of a delivery at the second attempt."""
    found = []
    for _ in range(_ROUNDS):
        taskhook.add()
        [record] = taskhook.records(1)
        taskhook.move("http://127.0.0.1:9/")  # nothing listens there
        failed = meter.of(lambda r=record: taskhook.dispatch(r))  # type: ignore[misc]
        taskhook.move(url)
        message = taskhook.message()
        retried = meter.of(lambda m=message: taskhook.retry(m))  # type: ignore[misc]
        names = failed.keys() | retried.keys()
        found.append({n: failed.get(n, 0) - good.get(n, 0) + retried.get(n, 0) for n in names})
    return _median(found)


def _sweep(meter: Meter, taskhook: Taskhook) -> Footprint:
    """Return the usage of a sweep without due deliveries, with one to count per endpoint."""
    found = []
    for _ in range(_ROUNDS):
        taskhook.add()
        taskhook.dispatch(taskhook.records(1)[0])
        found.append(meter.of(taskhook.sweep))
    return _median(found[1:])  # the first one counts all earlier deliveries


def _median(found: list[Footprint]) -> Footprint:
    return {name: statistics.median(one.get(name, 0) for one in found) for name in sorted(found[0])}


def main() -> None:
    """Count, and write the file."""
    FOOTPRINT.write_text(json.dumps(measure(), indent=2) + "\n")
    print(FOOTPRINT.read_text())


if __name__ == "__main__":
    main()
