"""Selects the events for an endpoint: those of its types that pass its filter."""

import logging
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress

from chalicelib.adapters import log
from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.domain import filters, subscriptions
from chalicelib.domain.errors import ExpressionFailed, StoreUnavailable
from chalicelib.domain.event_objects import object_of
from chalicelib.domain.filters import FilterFailure
from chalicelib.services.deliveries import naming
from chalicelib.services.deliveries.change_events import PlacedEvents
from chalicelib.services.deliveries.new_deliveries import SequencedEvent

Subjects = Mapping[str, Sequence[SequencedEvent]]
"""The events of each task, and those of its comments, in their order."""

NOTED_AGAIN_AFTER = 300
"""Seconds until the same failure of a filter may be written again."""


class Selection:
    """The events of a batch by endpoint."""

    def __init__(self, usable: Sequence[Endpoint], placed: PlacedEvents) -> None:
        """Select. Raises StoreUnavailable."""
        self._failures: dict[str, FilterFailure] = {}
        subjects = _subjects_of(placed, usable)
        self.by_endpoint = {endpoint.id: self._wanted(endpoint, subjects) for endpoint in usable}

    def _wanted(self, endpoint: Endpoint, subjects: Subjects) -> list[list[SequencedEvent]]:
        """Return the wanted events of each subject that has any."""
        types = subscriptions.subscribed_types(endpoint)
        found = []
        for items in subjects.values():
            wanted = [item for item in items if item.event.type in types]
            if endpoint.filter:
                wanted = [item for item in wanted if self._passes(endpoint, item)]
            if wanted:
                found.append(wanted)
        return found

    def _passes(self, endpoint: Endpoint, item: SequencedEvent) -> bool:
        try:
            return filters.passes(endpoint.filter, item.object)
        except ExpressionFailed as error:
            digest = filters.digest_of(endpoint.filter)
            failure = FilterFailure(int(time.time()), item.event.id, str(error), digest)
            self._failures[endpoint.id] = failure
            return True

    def note_failures(self, usable: Sequence[Endpoint]) -> None:
        """Write the last failure of each filter, the same one only once in a while."""
        for endpoint in usable:
            failure = self._failures.get(endpoint.id)
            if failure is None or not _is_news(endpoint, failure):
                continue
            told = {"event_id": failure.event_id, "reason": failure.reason}
            log.event("filter_failed", logging.WARNING, endpoint_id=endpoint.id, **told)
            with suppress(StoreUnavailable):  # the filter will fail again
                endpoint.note_filter_failure(failure.text())


def _is_news(endpoint: Endpoint, failure: FilterFailure) -> bool:
    known = filters.last_failure(endpoint.filter, endpoint.filter_failure)
    if known is None or known.reason != failure.reason:
        return True
    return failure.at - known.at >= NOTED_AGAIN_AFTER


def _subjects_of(placed: PlacedEvents, usable: Sequence[Endpoint]) -> Subjects:
    """Return the events that any endpoint subscribes to, described once for all of them."""
    types = subscriptions.types_of_any(usable)
    wanted = [(sequence, event) for sequence, event in placed if event.type in types]
    names = naming.names_for([event for _, event in wanted])
    subjects: dict[str, list[SequencedEvent]] = defaultdict(list)
    for sequence, event in wanted:
        item = SequencedEvent(sequence, event, object_of(event, names))
        subjects[event.subject].append(item)
    return subjects
