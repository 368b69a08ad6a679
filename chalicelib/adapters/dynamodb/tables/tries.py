"""How many wrong passwords were tried, on which name and from where."""

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
"""Seconds after the last wrong password after which the row expires."""


class Tries(Table):
    """Wrong passwords in a row: `NAME` counts them, `NAME_at` is the last one's epoch second.

    The attributes are named by the caller, so that one update can count several of them side by
    side.
    """

    class Meta(Settings.Meta):
        pass

    id = UnicodeAttribute(hash_key=True)
    expires_at = NumberAttribute()

    @classmethod
    def seen(cls, row_id: str) -> dict[str, Any]:
        """Return the numbers of a row as they are now; of one that is not there none.

        An attribute that was edited by hand into anything else is removed: its count begins again.
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
        """Count a password as wrong before it is checked: many at once must not go uncounted.

        Args:
            row_id: The row; it is made where it is not there.
            limits: The counts, each with how many are counted side by side. Beyond those a try must
                have seen the last one.
            seen: The row as it was read, or nothing.
            now: Epoch seconds.

        Raises:
            ConditionFailed: A count is at its limit and not as it was seen.
        """
        counted: list[Action] = [cls.expires_at.set(int(now) + LIFETIME)]
        condition: Condition | None = None
        for name, limit in limits.items():
            count = Path(name)
            counted += [count.add(1), Path(f"{name}_at").set(round(now, 3))]
            # moto fails where a text stands beside a number; DynamoDB says that it is not less.
            is_next: Condition = count.does_not_exist() | (count.is_type("N") & (count < limit))
            if seen.get(name, 0) >= limit:
                is_next = count == seen[name]
            condition = is_next if condition is None else condition & is_next
        with translating_store_errors():
            cls._get_connection().update_item(row_id, actions=counted, condition=condition)

    @classmethod
    def forget(cls, row_id: str, names: Iterable[str]) -> None:
        """Note that the password was right: these counts begin again."""
        cls._remove(row_id, [part for name in names for part in (name, f"{name}_at")])

    @classmethod
    def take_back(cls, row_id: str, names: Iterable[str]) -> None:
        """Count a password no longer: it was not looked at."""
        actions: list[Action] = [Path(name).add(-1) for name in names]
        with translating_store_errors():
            cls._get_connection().update_item(row_id, actions=actions)

    @classmethod
    def _remove(cls, row_id: str, names: Iterable[str]) -> None:
        actions: list[Action] = [Path(name).remove() for name in names]
        with translating_store_errors():
            cls._get_connection().update_item(row_id, actions=actions)
