"""The shipped code as this machine runs it; import it once the environment points at the stores."""

import os
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from app import app, dispatch
from chalicelib.adapters import tables
from chalicelib.config import CONFIG
from chalicelib.services import settings
from local.directory import CannotStart
from local.pumps import StreamPump

__all__ = ["app", "bootstrap", "create_retry_queue", "stream_pump"]


def create_retry_queue() -> None:
    """Create the queue of due deliveries."""
    boto3.client("sqs").create_queue(QueueName=CONFIG.retry_queue_url.rpartition("/")[2])


def bootstrap() -> settings.FirstStart:
    """Create what the store lacks; the environment may preset the first start's secrets."""
    tables.create_tables()
    presets = (os.environ.get(name) for name in ("WEBHOOK_TOKEN", "API_TOKEN", "ADMIN_PASSWORD"))
    return settings.bootstrap(*presets)


def stream_pump(place_file: Path | None) -> StreamPump:
    """Return the pump from the stream of tasks to `dispatch`.

    Raises:
        CannotStart: The table has no stream.
    """
    try:
        table = boto3.client("dynamodb").describe_table(TableName=CONFIG.table_prefix + "tasks")["Table"]
    except (BotoCoreError, ClientError) as error:
        raise CannotStart(f"the store cannot be used: {error}") from error
    if "LatestStreamArn" not in table:
        raise CannotStart(f"the table {table['TableName']} has no stream: nobody would be called")
    return StreamPump(table["LatestStreamArn"], dispatch, place_file)
