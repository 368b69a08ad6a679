"""The Lambda entry points: one HTTP API, one stream reader, one queue reader, one clock."""

import gc

# Until all is loaded nothing is garbage; looking for some is up to a tenth of a cold start.
gc.disable()

import os
from collections.abc import Callable, Mapping
from typing import Any

from chalice.app import Chalice, CloudWatchEvent, DynamoDBEvent, SQSEvent

from chalicelib.adapters import metrics
from chalicelib.adapters.dynamodb import client

# The one function that Lambda starts here; elsewhere it starts all.
HANDLER = os.environ.get("_HANDLER", "")

client.connect()
app = Chalice(app_name="taskhook")

# What a function has no use for is a third of its cold start.
if HANDLER in {"", "app.app"}:
    from chalicelib.web import add_task, pages, sources
    from chalicelib.web.jsonrpc import rpc

    app.register_blueprint(add_task.blueprint)
    app.register_blueprint(rpc.blueprint)
    app.register_blueprint(sources.blueprint)
    pages.register(app)
if HANDLER != "app.app":
    from chalicelib.adapters import queue
    from chalicelib.adapters.dynamodb import stream
    from chalicelib.adapters.http import transport  # noqa: F401 -- who posts imports the last one late
    from chalicelib.services.deliveries import dispatching, retrying, sweeping


@app.middleware("all")
def tell_metrics(event: Any, respond: Callable[[Any], Any]) -> Any:
    """Write what a call of any function has counted."""
    try:
        return respond(event)
    finally:
        metrics.flush()


@app.middleware("http")
def keep_out_of_caches(event: Any, respond: Callable[[Any], Any]) -> Any:
    """Forbid caches to keep an answer unless it says that they may: a GET adds tasks."""
    answer = respond(event)
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer


# Event handlers live here and not in a blueprint: Chalice would point their
# Lambdas at the blueprint's module, and this file would never run (aws/chalice#1537).
@app.on_dynamodb_record(
    stream_arn="arn:aws:dynamodb:us-east-1:000000000000:table/tasks/stream/set-by-resources-json"
)
def dispatch(event: DynamoDBEvent) -> Mapping[str, Any]:
    """Turn each change of a task into deliveries, and attempt them once."""
    return stream.handle(event.to_dict(), dispatching.dispatch)


@app.on_sqs_message(
    queue_arn="arn:aws:sqs:us-east-1:000000000000:set-by-resources-json", batch_size=10
)
def retry(event: SQSEvent) -> Mapping[str, Any]:
    """Attempt what is due again."""
    return queue.handle(event.to_dict(), retrying.retry)


@app.schedule("rate(1 minute)")
def sweep(_: CloudWatchEvent) -> None:
    """Queue what falls due, and what a crash or a lost message left overdue."""
    sweeping.sweep()


# What is loaded by now stays. The collector skips it, which saves 4 % of a delivery.
gc.freeze()
gc.enable()
