"""Selects the events for an endpoint: those of its types that pass its filter."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.domain import subscriptions
from chalicelib.domain.event_objects import object_of
from chalicelib.services.deliveries import naming
from chalicelib.services.deliveries.change_events import PlacedEvents
from chalicelib.services.deliveries.filtering import Filtering
from chalicelib.services.deliveries.new_deliveries import SequencedEvent

Subjects = Mapping[str, Sequence[SequencedEvent]]
"""The events of each task, and those of its comments, in their order."""


class Selection:
    """The events of a batch by endpoint."""

    def __init__(self, usable: Sequence[Endpoint], placed: PlacedEvents) -> None:
        """Select. Raises StoreUnavailable."""
        self._filtering = Filtering()
        subjects = _subjects_of(placed, usable)
        self.by_endpoint = {endpoint.id: self._wanted(endpoint, subjects) for endpoint in usable}

    def _wanted(self, endpoint: Endpoint, subjects: Subjects) -> list[list[SequencedEvent]]:
        """Return the wanted events of each subject that has any."""
        types = subscriptions.subscribed_types(endpoint)
        found = []
        for items in subjects.values():
            wanted = [item for item in items if item.event.type in types]
            if endpoint.filter:
                wanted = [item for item in wanted if self._filtering.passes(endpoint, item.object)]
            if wanted:
                found.append(wanted)
        return found

    def note_failures(self, usable: Sequence[Endpoint]) -> None:
        """Write which filters failed."""
        self._filtering.note_failures(usable)


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
