"""Pings: a signed test event for one endpoint, sent at once."""

import time
from uuid import uuid4

from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.adapters.dynamodb.tables.deliveries import SEQUENCE_DIGITS
from chalicelib.domain.circuit_breaker import Tally
from chalicelib.domain.errors import Refused
from chalicelib.domain.event_objects import ping_of
from chalicelib.domain.events import PING, Event
from chalicelib.services.accounts import settings
from chalicelib.services.deliveries import attempts, persisting
from chalicelib.services.deliveries.new_deliveries import SequencedEvent, new_delivery
from chalicelib.services.endpoints import circuit_breaker, effective, endpoints


def ping(endpoint_id: str) -> Delivery:
    """Send a signed ping to an endpoint, once, as events are sent, and return its record.

    A failed ping does not count in the circuit breaker. A success half-opens it, so that what waits
    for a suspended endpoint begins to go at once.

    Raises:
        NotFound: There is no such endpoint.
        Refused: It cannot be used.
    """
    endpoint, broken = endpoints.find_endpoint(endpoint_id)
    if broken is not None:
        raise Refused({"endpoint": broken})
    delivery = new_delivery(endpoint, _new_ping(endpoint))
    token = settings.webhook_token()
    result = attempts.attempt(delivery, endpoint, token, effective.first_timeout(endpoint))
    persisting.persist([result._replace(tally=Tally())])
    if result.tally.successes:
        circuit_breaker.half_open(endpoint)
    return delivery


def _new_ping(endpoint: Endpoint) -> SequencedEvent:
    event = Event(f"evt_{uuid4().hex}", PING, 0, 0, int(time.time()), {}, {})
    described = ping_of(event.id, event.happened_at, str(endpoint.id))
    return SequencedEvent(str(time.time_ns()).zfill(SEQUENCE_DIGITS), event, described)
