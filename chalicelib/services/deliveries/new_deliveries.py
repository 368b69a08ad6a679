"""New deliveries: the rows of events that endpoints have subscribed to."""

import time
from dataclasses import dataclass
from functools import cached_property

from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.config import CONFIG
from chalicelib.domain import formats, retries
from chalicelib.domain.delivery_states import Status
from chalicelib.domain.event_objects import EventObject, pack
from chalicelib.domain.events import Event
from chalicelib.services.endpoints import effective


@dataclass
class SequencedEvent:
    """An event, and its place in a stream; all endpoints share its object."""

    sequence: str
    event: Event
    object: EventObject  # the event as formats and filters see it

    @cached_property
    def packed(self) -> str:
        """The event as rows keep it."""
        return pack(self.object)


def ordering_key(endpoint: Endpoint, event: Event) -> str:
    """Return what the deliveries of one task to one endpoint share: they go out in their order."""
    return f"{endpoint.id}.{event.subject}"


def ordering_keys(endpoint_id: str, task_id: int) -> tuple[str, str]:
    """Return the keys of the deliveries of a task to an endpoint, and of those of its comments."""
    return f"{endpoint_id}.{task_id}", f"{endpoint_id}.{task_id}.comments"


def new_delivery(endpoint: Endpoint, item: SequencedEvent) -> Delivery:
    """Return the row of an event for an endpoint, which is not saved yet."""
    now, event = round(time.time(), 3), item.event
    delivery = Delivery(
        ordering_key(endpoint, event),
        item.sequence,
        endpoint_id=endpoint.id,
        event_id=event.id,
        event_type=event.type,
        task_id=event.task_id,
        task_version=event.task_version,
        hops=event.hops or None,
        format=effective.format_of(endpoint),
        status=Status.PENDING.value,
        created_at=now,
        give_up_at=retries.give_up_at(now, effective.retry_delays(endpoint), CONFIG.retry_jitter),
        expires_at=int(now) + CONFIG.delivery_retention,
    )
    delivery.take_event(item.object, item.packed)
    if event.beside and formats.FORMATS[str(delivery.format)].shows_more:
        delivery.beside = dict(event.beside)
    return delivery
