"""The Lambda entry points: one HTTP API, one stream reader, one queue reader, one clock."""

from collections.abc import Callable
from typing import Any

from chalice.app import Chalice, CloudWatchEvent, DynamoDBEvent, SQSEvent

from chalicelib.adapters import metrics, queue, store, stream
from chalicelib.adapters.queue import BatchAnswer
from chalicelib.services import retrying, sweeping, webhooks
from chalicelib.web import hooks, pages, rpc

store.connect()
app = Chalice(app_name="taskhook")
app.register_blueprint(hooks.blueprint)
app.register_blueprint(rpc.blueprint)
pages.register(app)


@app.middleware("all")
def tell_metrics(event: Any, respond: Callable[[Any], Any]) -> Any:
    """Write what a call of any function has counted."""
    try:
        return respond(event)
    finally:
        metrics.flush()


# Event handlers live here and not in a blueprint: Chalice would point their
# Lambdas at the blueprint's module, and this file would never run (aws/chalice#1537).
@app.on_dynamodb_record(stream_arn="arn:aws:dynamodb:us-east-1:000000000000:table/tasks/stream/set-by-resources-json")
def dispatch(event: DynamoDBEvent) -> BatchAnswer:
    """Turn each change of a task into deliveries, and attempt them once."""
    return stream.handle(event.to_dict(), webhooks.dispatch)


@app.on_sqs_message(queue_arn="arn:aws:sqs:us-east-1:000000000000:set-by-resources-json", batch_size=10)
def retry(event: SQSEvent) -> BatchAnswer:
    """Attempt what is due again."""
    return queue.handle(event.to_dict(), retrying.retry)


@app.schedule("rate(1 minute)")
def sweep(_: CloudWatchEvent) -> None:
    """Queue what falls due, and what a crash or a lost message left overdue."""
    sweeping.sweep()
