"""The shipped code on this machine; import it once the environment points at the stores."""

import json
import os
import secrets
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from app import HANDLER, app, dispatch, retry, sweep
from chalicelib.adapters.dynamodb import tables
from chalicelib.adapters.dynamodb.client import client, listen
from chalicelib.config import CONFIG
from chalicelib.domain import accounts
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.services.accounts import first_start, settings
from chalicelib.services.endpoints import upgrading
from local.directory import CannotStart
from local.patience import patiently
from local.queue import Queue, Queues
from local.tables import complete_tables

__all__ = [
    "app",
    "bootstrap",
    "create_queues",
    "dispatch",
    "listen",
    "retry",
    "stream_arns",
    "sweep",
]

_VISIBILITY_TIMEOUT = 60  # seconds until a refused message returns
_MOST_RECEIVES = 5  # of a message; then it becomes a dead letter

if HANDLER == "app.app":
    app.complete()  # its gateway knows the paths that there are at the start


def create_queues(queues: Queues) -> Queue:
    """Create the dead-letter queues and the retry queue, and return the retry queue."""
    retries, failures = (
        url.rpartition("/")[2] for url in (CONFIG.retry_queue_url, CONFIG.failure_queue_url)
    )
    queues.create(failures, {})
    dead_letters = queues.create(retries + "-dead-letters", {})
    redrive = {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": _MOST_RECEIVES}
    attributes = {
        "VisibilityTimeout": str(_VISIBILITY_TIMEOUT),
        "RedrivePolicy": json.dumps(redrive),
    }
    return queues.create(retries, attributes)


def bootstrap() -> first_start.FirstStart:
    """Create what the store lacks; the environment may preset the first start's secrets.

    Raises:
        CannotStart: A table of an earlier build cannot be updated, or a secret is invalid.
    """
    presets = [_preset(name) for name in ("WEBHOOK_TOKEN", "API_TOKEN", "ADMIN_PASSWORD")]
    if presets[0] and presets[0] == presets[1]:
        raise CannotStart(
            "API_TOKEN equals WEBHOOK_TOKEN: a token that adds tasks must not open the API"
        )
    patiently(tables.create_tables)
    patiently(lambda: complete_tables(client()))
    first = _first_start(*presets)
    patiently(upgrading.keep_sending_token)
    return first


def _first_start(
    webhook_token: str | None, api_token: str | None, password: str | None
) -> first_start.FirstStart:
    """Create the data of a first start, with secrets chosen here.

    A write that timed out may have succeeded: its repeat then finds the same secrets.
    """
    webhook_token, api_token = (
        given or secrets.token_hex(24) for given in (webhook_token, api_token)
    )
    password = password or secrets.token_urlsafe(12)
    wanted = first_start.FirstStart(webhook_token, api_token, first_start.ADMIN, password)
    is_new = patiently(_has_no_settings)
    found = patiently(lambda: first_start.bootstrap(webhook_token, api_token, password))
    return wanted if is_new and found.webhook_token == wanted.webhook_token else found


def _has_no_settings() -> bool:
    try:
        settings.read()
    except NotFound:
        return True
    return False


def _preset(name: str) -> str | None:
    secret = os.environ.get(name)
    if secret and not secret.strip():
        raise CannotStart(
            f"{name} is only white space: set it to a secret, or unset it for a random one"
        )
    if secret and name == "ADMIN_PASSWORD":
        try:
            accounts.read_password(secret)
        except Refused as refusal:
            raise CannotStart(
                f"{name} cannot be used: it {refusal.reasons['password']}"
            ) from refusal
    return secret


STREAMS = ("tasks", "comments")
"""The tables whose changes are dispatched, the busiest first."""


def stream_arns() -> list[str]:
    """Return the names of the streams of STREAMS.

    Raises:
        CannotStart: A table has no stream.
    """
    return [patiently(partial(_stream_arn, name)) for name in STREAMS]


def _stream_arn(name: str) -> str:
    try:
        table = client().describe_table(TableName=CONFIG.table_prefix + name)["Table"]
    except (BotoCoreError, ClientError) as error:
        raise CannotStart(f"the store cannot be used: {error}") from error
    if "LatestStreamArn" not in table:
        raise CannotStart(
            f"the table {table['TableName']} has no stream: no endpoint would be called"
        )
    return str(table["LatestStreamArn"])
