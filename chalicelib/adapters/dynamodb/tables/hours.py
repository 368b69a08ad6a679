"""The statistics of an endpoint's deliveries: a row for each hour, and running totals."""

from collections.abc import Iterable, Mapping
from typing import Any

from pynamodb.attributes import ListAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.adapters.dynamodb.store import (
    ConditionFailed,
    Table,
    equals_or_absent,
    transaction,
    translating_store_errors,
)
from chalicelib.adapters.dynamodb.tables.settings import Settings
from chalicelib.domain.statistics import Counts, LaterCounts, sum_of

KEPT_FOR = 8 * 86400
"""Seconds after which the store removes a row."""


class Counted(Table):
    """The time up to which the deliveries to an endpoint are counted, and the running total."""

    class Meta(Settings.Meta):
        pass

    id = UnicodeAttribute(hash_key=True)
    until = NumberAttribute(null=True)  # epoch seconds
    made = NumberAttribute(default=0, null=True)
    first = NumberAttribute(default=0, null=True)
    took_ms = NumberAttribute(default=0, null=True)
    histogram: ListAttribute[Any] = ListAttribute(null=True)
    expires_at = NumberAttribute(null=True)

    @property
    def total(self) -> Counts:
        """The counts since the row was created; they never decrease."""
        histogram = tuple(map(int, self.histogram or Counts().histogram))
        return Counts(int(self.made or 0), int(self.first or 0), histogram, int(self.took_ms or 0))

    @classmethod
    def of(cls, endpoint_id: str) -> "Counted":
        """Return the row of an endpoint, without a time if nothing is counted yet."""
        with translating_store_errors():
            try:
                return cls.get(f"counted:{endpoint_id}", consistent_read=True)
            except cls.DoesNotExist:
                return cls(f"counted:{endpoint_id}")

    @classmethod
    def of_all(cls, endpoint_ids: Iterable[str]) -> dict[str, float]:
        """Return by endpoint the time up to which its deliveries are counted, if any are."""
        return {endpoint_id: row.until for endpoint_id, row in cls.rows_of(endpoint_ids).items()}

    @classmethod
    def rows_of(cls, endpoint_ids: Iterable[str]) -> "dict[str, Counted]":
        """Return the rows of these endpoints by their ids; consistent, so that totals only grow."""
        ids = [f"counted:{endpoint_id}" for endpoint_id in endpoint_ids]
        with translating_store_errors():
            rows = cls.batch_get(ids, consistent_read=True)
            return {row.id.partition(":")[2]: row for row in rows}

    def moved(self, counts: Counts, until: float, expires_at: int) -> "Counted":
        """Return the row after more deliveries were counted."""
        total = sum_of([self.total, counts])._asdict()
        total["histogram"] = list(total["histogram"])
        return Counted(self.id, until=until, expires_at=expires_at, **total)


class Later(Table):
    """The running counts of an endpoint's retries, and of the deliveries that were given up."""

    class Meta(Settings.Meta):
        pass

    id = UnicodeAttribute(hash_key=True)
    delivered = NumberAttribute(default=0, null=True)
    failed = NumberAttribute(default=0, null=True)
    given_up = NumberAttribute(default=0, null=True)
    late_delivered = NumberAttribute(default=0, null=True)
    late_failed = NumberAttribute(default=0, null=True)
    expires_at = NumberAttribute(null=True)

    @classmethod
    def add(cls, endpoint_id: str, counts: LaterCounts, now: float) -> None:
        """Add to the counts of an endpoint. Raises as `translating_store_errors` does."""
        actions = [getattr(cls, name).add(by) for name, by in counts._asdict().items() if by]
        actions.append(cls.expires_at.set(int(now) + KEPT_FOR))
        with translating_store_errors():
            cls(f"later:{endpoint_id}").update(actions=actions)

    @classmethod
    def of_all(cls, endpoint_ids: Iterable[str]) -> dict[str, LaterCounts]:
        """Return the counts by endpoint; consistent, so that they only grow."""
        ids = [f"later:{endpoint_id}" for endpoint_id in endpoint_ids]
        with translating_store_errors():
            rows = list(cls.batch_get(ids, consistent_read=True))
        return {row.id.partition(":")[2]: row.counts for row in rows}

    @property
    def counts(self) -> LaterCounts:
        """The counts of the row."""
        return LaterCounts(*(int(getattr(self, name) or 0) for name in LaterCounts._fields))


class Hour(Table):
    """The counts of an endpoint's deliveries that were made in one hour."""

    class Meta(Settings.Meta):
        pass

    id = UnicodeAttribute(hash_key=True)
    made = NumberAttribute()
    first = NumberAttribute()
    histogram: ListAttribute[Any] = ListAttribute()
    expires_at = NumberAttribute()

    @property
    def counts(self) -> Counts:
        """The counts of the row."""
        return Counts(int(self.made), int(self.first), tuple(map(int, self.histogram)))

    @classmethod
    def add(cls, counted: Counted, hour: int, counts: Counts, until: float) -> bool:
        """Add counts, and move the time up to which they go; False: another process did it first.

        Args:
            counted: The row as it was when these deliveries were read.
            hour: The hour in which they were made, in hours since the epoch.
            counts: Their counts.
            until: The time when the last of them was made, in epoch seconds.
        """
        key, expires_at = _key(counted.id.partition(":")[2], hour), hour * 3600 + KEPT_FOR
        with translating_store_errors():
            known = [row.counts for row in cls.batch_get([key], consistent_read=True)]
        made, first, histogram, _ = sum_of([*known, counts])
        try:
            with transaction() as writes:
                writes.save(
                    cls(
                        key,
                        made=made,
                        first=first,
                        histogram=list(histogram),
                        expires_at=expires_at,
                    )
                )
                moved = counted.moved(counts, until, expires_at)
                writes.save(moved, condition=equals_or_absent(Counted.until, counted.until))
        except ConditionFailed:
            return False
        counted.attribute_values = moved.attribute_values
        return True

    @classmethod
    def of_all(cls, endpoint_ids: Iterable[str], hours: range) -> Mapping[tuple[str, int], Counts]:
        """Return the counts by endpoint and hour; hours without deliveries are left out."""
        keys = {
            _key(endpoint_id, hour): (endpoint_id, hour)
            for endpoint_id in endpoint_ids
            for hour in hours
        }
        with translating_store_errors():
            return {keys[row.id]: row.counts for row in cls.batch_get(list(keys))}


def _key(endpoint_id: str, hour: int) -> str:
    return f"hour:{endpoint_id}:{hour}"
