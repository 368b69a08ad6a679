"""Which keys are probably new: their links need not be read before a task is made.

A transaction that was wrong about a key writes nothing, and costs as much as some thirty reads. So
a key is taken for new only after the last `READS` keys of its source that this process did not know
were new, and one that was not ends that: always reading would have cost half as much at the least.
"""

import threading
from collections import OrderedDict

READS = 32
"""Keys of a source that must have been new, one after the other."""

MOST_KNOWN = 4096
"""Keys that a process knows; one takes 200 bytes."""


class NewKeys:
    """What a process knows of the keys of sources. Threads may share it."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: OrderedDict[str, None] = OrderedDict()
        self._new_in_a_row: dict[str, int] = {}
        self._lock = threading.Lock()

    def is_likely(self, source_id: str, link_id: str) -> bool:
        """Tell whether a key is probably new."""
        return link_id not in self._known and self._new_in_a_row.get(source_id, 0) >= READS

    def note(self, source_id: str, link_id: str, *, was_new: bool) -> None:
        """Take note of a key, and whether it had a link."""
        with self._lock:
            if link_id in self._known:
                return
            self._known[link_id] = None
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)  # a dict would look for its first key
            before = self._new_in_a_row.get(source_id, 0)
            self._new_in_a_row[source_id] = before + 1 if was_new else 0

    def forget(self) -> None:
        """Know nothing again."""
        with self._lock:
            self._known.clear()
            self._new_in_a_row.clear()


NEW_KEYS = NewKeys()
"""Of this process."""
