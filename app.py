"""The Lambda entry points: one HTTP API, one stream reader."""

from chalice.app import Chalice, DynamoDBEvent

from chalicelib.adapters import stream
from chalicelib.services import webhooks
from chalicelib.web import hooks

app = Chalice(app_name="taskhook")
app.register_blueprint(hooks.blueprint)


# Event handlers live here and not in a blueprint: Chalice would point their
# Lambdas at the blueprint's module, and this file would never run (aws/chalice#1537).
@app.on_dynamodb_record(stream_arn="arn:aws:dynamodb:us-east-1:000000000000:table/tasks/stream/set-by-resources-json")
def dispatch(event: DynamoDBEvent) -> stream.BatchAnswer:
    """Turn each change of a task into deliveries, and attempt them once."""
    return stream.handle(event.to_dict(), webhooks.dispatch)
