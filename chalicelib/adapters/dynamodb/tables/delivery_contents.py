"""The event and the last body in a delivery's row."""

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from chalicelib.adapters.dynamodb.store import Table
from chalicelib.adapters.dynamodb.tables.attributes import LongText
from chalicelib.domain.event_objects import EventObject, pack, unpack
from chalicelib.domain.tasks import LARGEST_ITEM

BODY_NOT_KEPT = "null"
"""Replaces a body that the store cannot keep. Without an event it can never be sent again."""

_OTHER_FIELDS = 67_000
"""Bytes of all other fields at their largest."""


class DeliveryContents(Table):
    """The row keeps the event. It keeps the body only if event and format do not determine it."""

    event_id = UnicodeAttribute()
    event_type = UnicodeAttribute()
    # The event as `pack` returns it; absent in old rows, which have a body.
    packed_event = LongText(null=True, attr_name="event")
    # `Event.beside`, for the format that shows it.
    beside = JSONAttribute(null=True)
    format = UnicodeAttribute()  # of the newest body; before the first attempt, of the first one
    # As last sent; absent before the first attempt, and if event and format determine it.
    body = LongText(null=True)

    _event: EventObject | None = None  # after it was unpacked

    @property
    def event(self) -> EventObject | None:
        """The event; None in an old row, and where the store could not keep it.

        Raises:
            ValueError, KeyError, TypeError, AttributeError: It was edited by hand.
        """
        if self._event is None and self.packed_event:
            self._event = unpack(self.packed_event, self.event_id, self.event_type)
        return self._event

    def take_event(self, event: EventObject, packed: str | None = None) -> None:
        """Set the event, which may be packed already; does not save the row."""
        self._event, self.packed_event = event, packed or pack(event)

    def drop_contents(self) -> None:
        """Drop event and body: the store cannot keep them."""
        self._event, self.packed_event, self.body = None, None, BODY_NOT_KEPT

    @property
    def fits(self) -> bool:
        """Whether the store can keep event and body together with all other fields."""
        texts = [text for text in (self.packed_event, self.body) if text]
        if 4 * sum(map(len, texts)) <= LARGEST_ITEM - _OTHER_FIELDS:  # as with most
            return True
        kept = [str(DeliveryContents.body.serialize(text)) for text in texts]
        return sum(len(text.encode()) for text in kept) <= LARGEST_ITEM - _OTHER_FIELDS
