"""Counts of wrong passwords, by username and by address."""

from collections.abc import Iterable, Mapping
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from chalicelib.adapters.dynamodb.rows import plain_row
from chalicelib.adapters.dynamodb.store import Table, translating_store_errors
from chalicelib.adapters.dynamodb.tables.settings import Settings

LIFETIME = 24 * 3600
"""Seconds from the last wrong password until the row expires."""


class Tries(Table):
    """Wrong passwords in a row: `NAME` counts them, `NAME_at` is the last one's epoch second.

    The caller names the attributes, so that one update can change several counts.
    """

    class Meta(Settings.Meta):
        pass

    id = UnicodeAttribute(hash_key=True)
    expires_at = NumberAttribute()

    @classmethod
    def seen(cls, row_id: str) -> dict[str, Any]:
        """Return the current numbers of a row; none if it does not exist.

        An attribute that was edited by hand into another type is removed: its count starts again.
        """
        with translating_store_errors():
            row = cls._get_connection().get_item(row_id, consistent_read=True).get("Item") or {}
        counts = row.keys() - {"id"}
        misfits = [name for name in counts if "N" not in row[name]]
        if misfits:
            cls._remove(row_id, misfits)
        return plain_row({name: value for name, value in row.items() if name not in misfits})

    @classmethod
    def note(
        cls, row_id: str, limits: Mapping[str, int], seen: Mapping[str, Any], now: float
    ) -> None:
        """Count a password as wrong before it is checked, so that concurrent tries all count.

        Args:
            row_id: The row; it is created if it does not exist.
            limits: The counts, each with its limit. Up to the limit tries are counted concurrently;
                beyond it a try must have read the last one.
            seen: The row as it was read, or an empty mapping.
            now: Epoch seconds.

        Raises:
            ConditionFailed: A count is at its limit and not as it was seen.
        """
        counted: list[Action] = [cls.expires_at.set(int(now) + LIFETIME)]
        condition: Condition | None = None
        for name, limit in limits.items():
            count = Path(name)
            counted += [count.add(1), Path(f"{name}_at").set(round(now, 3))]
            # moto fails if a text is compared with a number; in DynamoDB it is not less.
            is_next: Condition = count.does_not_exist() | (count.is_type("N") & (count < limit))
            if seen.get(name, 0) >= limit:
                is_next = count == seen[name]
            condition = is_next if condition is None else condition & is_next
        with translating_store_errors():
            cls._get_connection().update_item(row_id, actions=counted, condition=condition)

    @classmethod
    def forget(cls, row_id: str, names: Iterable[str]) -> None:
        """Reset these counts after a correct password."""
        cls._remove(row_id, [part for name in names for part in (name, f"{name}_at")])

    @classmethod
    def take_back(cls, row_id: str, names: Iterable[str]) -> None:
        """Undo the count of a password that was not checked."""
        actions: list[Action] = [Path(name).add(-1) for name in names]
        with translating_store_errors():
            cls._get_connection().update_item(row_id, actions=actions)

    @classmethod
    def _remove(cls, row_id: str, names: Iterable[str]) -> None:
        actions: list[Action] = [Path(name).remove() for name in names]
        with translating_store_errors():
            cls._get_connection().update_item(row_id, actions=actions)
