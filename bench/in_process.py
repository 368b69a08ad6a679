"""The shipped code in this process, over a dynoxide in its own folder."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from chalice.app import Chalice
from chalice.local import LambdaContext, LambdaEventConverter, RouteMatcher

from local import store
from local.environment import LOOPBACK, TABLE_PREFIX, Cloud

TASKS = TABLE_PREFIX + "tasks"
TOKEN, API_TOKEN = "the-webhook-token", "the-api-token"
SECRETS = {"WEBHOOK_TOKEN": TOKEN, "API_TOKEN": API_TOKEN}
"""Preset them in the environment before the first start."""

ADD = f"/?controller=task&action=add&token={TOKEN}&title=Measured"
CONTEXT = LambdaContext("taskhook", 512, 60_000)


class Unanswered(SystemExit):
    """A call failed."""


class Cost(NamedTuple):
    """Durations in seconds."""

    elapsed: float
    cpu: float


@contextmanager
def system(data_dir: Path | None = None) -> Iterator[Any]:
    """Yield `local.system` after a start, without a queue: successful deliveries need none.

    Args:
        data_dir: The folder of an earlier start; None: a first start in a new folder.
    """
    if store.find_dynoxide() is None:
        raise SystemExit("dynoxide is not installed: npm and `make setup` bring it")
    begun = nullcontext(data_dir) if data_dir else tempfile.TemporaryDirectory()
    with begun as folder, store.opened("dynoxide", Path(folder)) as opened:
        named = {
            "dynamodb_url": opened.url,
            "table_prefix": TABLE_PREFIX,
            "allowed_private_networks": LOOPBACK,
        }
        named |= {"aws_access_key_id": "bench", "aws_secret_access_key": "bench"}
        Cloud(**dict.fromkeys(Cloud._fields, "") | named).enter()
        # On a busy machine the default would time out, and the delivery would be queued.
        os.environ |= SECRETS | {"DELIVERY_TIMEOUT": "30"}
        from local import system as started  # noqa: PLC0415 -- it reads the environment

        started.bootstrap()
        yield started


def event_of(
    app: Chalice,
    method: str,
    address: str,
    headers: Mapping[str, str] | None = None,
    body: str = "",
) -> dict[str, Any]:
    """Return API Gateway's event for a request."""
    converter = LambdaEventConverter(RouteMatcher(list(app.routes)), app.api.binary_types)
    event: dict[str, Any] = converter.create_lambda_event(
        method, address, dict(headers or {}), body.encode()
    )
    return event | {"body": body or None}


def answer_of(app: Chalice, event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer of an application to an event. Raises Unanswered."""
    answer: dict[str, Any] = app(event, CONTEXT)
    if answer["statusCode"] not in {200, 204, 303}:
        raise Unanswered(
            f"{event['requestContext']['path']} was answered {answer['statusCode']} "
            f"{answer['body'][:200]}"
        )
    return answer


def cost_of(act: Callable[[], object], times: int = 1) -> Cost:
    """Call a function repeatedly and return the cost of each call."""
    begun, cpu_begun = time.monotonic(), time.process_time()
    for _ in range(times):
        act()
    return Cost((time.monotonic() - begun) / times, (time.process_time() - cpu_begun) / times)
