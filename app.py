"""The Lambda entry points: one HTTP API, one stream reader, one queue reader, one clock."""

import gc

# Nothing is garbage until all is loaded; collecting takes up to a tenth of a cold start.
gc.disable()

import os
from collections.abc import Callable, Mapping
from typing import Any

from chalice.app import Chalice, CloudWatchEvent, DynamoDBEvent, SQSEvent

from chalicelib.adapters import metrics
from chalicelib.adapters.dynamodb import client

# The function that Lambda runs here; empty outside Lambda, where all of them run.
HANDLER = os.environ.get("_HANDLER", "")

client.connect()


class _Application(Chalice):
    """Loads all but adds at the first request that is none: they are a sixth of a cold start."""

    is_complete = False

    def __call__(self, event: Any, context: Any) -> Any:
        """Answer a request of API Gateway."""
        if event.get("requestContext", {}).get("resourcePath") not in self.routes:
            self.complete()
        return super().__call__(event, context)

    def complete(self) -> None:
        """Register the API and the pages, once."""
        if self.is_complete:
            return
        from chalicelib.web import exports, keys, pages, sources  # noqa: PLC0415
        from chalicelib.web.jsonrpc import rpc  # noqa: PLC0415

        for module in (rpc, sources, exports, keys):
            self.register_blueprint(module.blueprint)
        pages.register(self)
        self.is_complete = True


app = _Application(app_name="taskhook")
# Answers are texts, or say themselves that they are not: Chalice would look three times at each.
app.api.binary_types = []

# The modules that a function does not use would be a third of its cold start.
if HANDLER in {"", "app.app"}:
    from chalicelib.web import add_task

    app.register_blueprint(add_task.blueprint)
if not HANDLER:
    app.complete()
if HANDLER != "app.app":
    from chalicelib.adapters import queue
    from chalicelib.adapters.dynamodb import stream
    from chalicelib.adapters.http import transport  # noqa: F401 -- its users import it late
    from chalicelib.services.deliveries import dispatching, retrying, sweeping


@app.middleware("all")
def tell_metrics(event: Any, respond: Callable[[Any], Any]) -> Any:
    """Write the metrics of a call of any function."""
    try:
        return respond(event)
    finally:
        metrics.flush()


@app.middleware("http")
def keep_out_of_caches(event: Any, respond: Callable[[Any], Any]) -> Any:
    """Forbid caching unless the answer allows it: a GET adds tasks."""
    answer = respond(event)
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer


# Event handlers live here and not in a blueprint: Chalice would point their
# Lambdas at the blueprint's module, and this file would never run (aws/chalice#1537).
@app.on_dynamodb_record(
    stream_arn="arn:aws:dynamodb:us-east-1:000000000000:table/tasks/stream/set-by-resources-json"
)
def dispatch(event: DynamoDBEvent) -> Mapping[str, Any]:
    """Turn each change of a task or a comment into deliveries, and attempt them once."""
    return stream.handle(event.to_dict(), dispatching.dispatch)


@app.on_sqs_message(
    queue_arn="arn:aws:sqs:us-east-1:000000000000:set-by-resources-json", batch_size=10
)
def retry(event: SQSEvent) -> Mapping[str, Any]:
    """Retry the deliveries that are due."""
    return queue.handle(event.to_dict(), retrying.retry)


@app.schedule("rate(1 minute)")
def sweep(_: CloudWatchEvent) -> None:
    """Queue deliveries that fall due, and those that a crash or a lost message left overdue."""
    sweeping.sweep()


# All that is loaded by now stays. The collector skips it, which saves 4 % of a delivery.
gc.freeze()
gc.enable()
# A long list is made of many small objects, and by default looking for garbage among them takes a
# quarter of its time.
gc.set_threshold(20_000)
