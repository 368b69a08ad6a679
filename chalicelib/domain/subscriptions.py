"""The one rule of subscriptions: which types of events an endpoint wants."""

from collections.abc import Collection, Iterable
from typing import Protocol

from chalicelib.domain.events import EVENT_TYPES, SEED_TYPES


class Subscriber(Protocol):
    """An endpoint, as this rule reads it."""

    @property
    def events(self) -> Collection[str] | None:
        """The types of events to send; None or an empty collection means `SEED_TYPES`."""


def subscribed_types(endpoint: Subscriber) -> list[str]:
    """Return the types of the events that an endpoint wants, in the order of `EVENT_TYPES`."""
    wanted = endpoint.events or SEED_TYPES
    return [event_type for event_type in EVENT_TYPES if event_type in wanted]


def types_of_any(endpoints: Iterable[Subscriber]) -> set[str]:
    """Return the types of the events that at least one of these endpoints wants."""
    return {event_type for one in endpoints for event_type in subscribed_types(one)}
