"""Sending a delivery again while a person waits for what comes of it."""

import time

from chalicelib.adapters import queue
from chalicelib.adapters.dynamodb.tables import Delivery
from chalicelib.adapters.queue import RetryMessage
from chalicelib.services.deliveries import delivery_log, redelivery, retrying
from chalicelib.services.endpoints import effective, endpoints


def send_now(delivery_id: str) -> Delivery:
    """Send a delivery again, and return it after the attempt.

    It is still pending if its attempt failed, if an earlier event of its task goes first, or if its
    endpoint has a pace: then the queue sends it in a slot of that. If this process ends before, the
    sweep sends it.

    Raises:
        NotFound: There is no such delivery, or its endpoint is gone.
        Refused: It cannot be sent.
    """
    due = redelivery.make_due(delivery_id)
    message = RetryMessage(due.endpoint_id, due.ordering_key, skips_suspension=True)
    endpoint = endpoints.find_endpoint(due.endpoint_id).endpoint
    if effective.per_second(endpoint) or retrying.retry([message]):
        queue.send({message: time.time()})
    return delivery_log.find_delivery(delivery_id)
