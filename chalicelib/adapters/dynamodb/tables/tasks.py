"""Tasks, one by one; their lists are in `task_lists`."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import reduce
from operator import and_
from typing import Any

from pynamodb.attributes import NumberAttribute, NumberSetAttribute, UnicodeAttribute
from pynamodb.constants import STREAM_NEW_AND_OLD_IMAGE
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.adapters.dynamodb.client import TableMeta
from chalicelib.adapters.dynamodb.rows import plain_row
from chalicelib.adapters.dynamodb.store import (
    ConditionFailed,
    Table,
    equals_or_absent,
    set_nullable,
    set_or_remove,
    translating_store_errors,
    version_is,
)
from chalicelib.adapters.dynamodb.tables.task_indexes import (
    ClosedTasksOfProject,
    OpenTasksOfColumn,
    TasksOfProject,
    TasksOfReference,
)
from chalicelib.config import CONFIG
from chalicelib.domain.errors import RowRefused
from chalicelib.domain.tasks import DEFAULT_COLOR, index_fields

Row = Mapping[str, Any]

LARGEST_BATCH = 100
"""The most rows that one call reads by their keys."""


class Task(Table):
    """A task; the fields have the names of a webhook's body.

    `rank` is the position of an open task, `closed_at` the time when a closed one was closed,
    `tags` the ids of the project's tags. `changed_by` is the id of the user who made the last
    counted change, `removed_by` of the user who is removing the task; both are absent if there was
    no user.
    """

    class Meta(TableMeta):
        table_name = CONFIG.table_prefix + "tasks"
        stream_view_type = STREAM_NEW_AND_OLD_IMAGE

    by_column = OpenTasksOfColumn()
    by_project = TasksOfProject()
    by_closing = ClosedTasksOfProject()
    by_reference = TasksOfReference()

    task_id = NumberAttribute(hash_key=True)
    title = UnicodeAttribute(default="")
    description = UnicodeAttribute(null=True, default="")
    project_id = NumberAttribute(default=0)
    owner_id = NumberAttribute(null=True, default=0)
    category_id = NumberAttribute(null=True, default=0)
    column_id = NumberAttribute(default=0)
    color_id = UnicodeAttribute(null=True, default=DEFAULT_COLOR)
    score = NumberAttribute(null=True, default=0)
    date_due = NumberAttribute(null=True, default=0)
    creator_id = NumberAttribute(null=True, default=0)
    date_creation = NumberAttribute(default=0)
    date_modification = NumberAttribute(null=True, default=0)
    date_completed = NumberAttribute(null=True, default=0)
    position = NumberAttribute(default=0)
    is_active = NumberAttribute(default=1)
    version = NumberAttribute(null=True, default=1)
    rank = NumberAttribute(null=True)
    closed_at = NumberAttribute(null=True)
    priority = NumberAttribute(null=True)
    date_started = NumberAttribute(null=True)
    date_moved = NumberAttribute(null=True)
    reference = UnicodeAttribute(null=True)
    tags = NumberSetAttribute(null=True)
    comments = NumberAttribute(null=True)  # the current number of comments
    last_comment = NumberAttribute(null=True)  # the number of comments ever written
    changed_by = NumberAttribute(null=True)
    removed_by = NumberAttribute(null=True)
    source = UnicodeAttribute(null=True)  # the source that made the last counted change
    link = UnicodeAttribute(null=True)  # the row that links a source's key to the task
    hops = NumberAttribute(null=True)  # the number of Taskhooks that this change has passed

    @classmethod
    def find(cls, task_id: int) -> "Task | None":
        """Return the current task. Raises RowBroken."""
        with translating_store_errors():
            item = cls._get_connection().get_item(str(task_id), consistent_read=True).get("Item")
        return super().from_raw_data(item) if item else None

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> "Task":
        """Return a task of a list without its unreadable fields, which must not break the list."""
        return super().from_raw_data(dict(_readable(data)))

    @property
    def row(self) -> dict[str, Any]:
        """The attributes as a plain row."""
        return dict(self.attribute_values)

    def change(self, fields: Mapping[str, Any], author: int = 0) -> None:
        """Write these fields and count the change, under optimistic locking.

        Args:
            fields: The new values; "" and 0 remove an optional field.
            author: The id of the user who makes the change, 0 for the application.

        Raises:
            ConditionFailed: The task is no longer as it was read.
        """
        with translating_store_errors():
            self.update(actions=self._changes(fields, author), condition=self._is_as_read())

    def change_in(self, writes: TransactWrite, fields: Mapping[str, Any], author: int = 0) -> None:
        """Write these fields in a transaction, which fails if the task has changed since then."""
        writes.update(self, self._changes(fields, author), condition=self._is_as_read())

    def _changes(self, fields: Mapping[str, Any], author: int) -> list[Action]:
        fields = {name: None for name in ("source", "hops") if getattr(self, name)} | dict(fields)
        row = {**self.attribute_values, **fields}
        stands = index_fields(row, int(self.closed_at or 1))
        actions = [set_nullable(getattr(Task, name), value) for name, value in fields.items()]
        actions += [_exactly(name, stands[name]) for name in ("rank", "closed_at")]
        version = int(self.version) + 1
        return [
            *actions,
            set_or_remove(Task.changed_by, author),
            Task.removed_by.remove(),
            Task.version.set(version),
        ]

    def _is_as_read(self) -> Condition:
        return version_is(Task.task_id, Task.version, int(self.version))

    @classmethod
    def complete(cls, row: Row, wanted: Mapping[str, int | None]) -> None:
        """Add the missing fields of a row edited by hand, unless it has changed since the read."""
        seen = {
            name: None if row.get(name) is None else int(row[name])
            for name in (*wanted, "position")
        }
        is_same = [equals_or_absent(getattr(cls, name), value) for name, value in seen.items()]
        actions = [_exactly(name, value) for name, value in wanted.items()]
        # A row edited by hand may be no valid Task, so the answer is not parsed as one.
        update = cls._get_connection().update_item
        # A row that the store refuses stays as it is: no other change must wait for it.
        with suppress(ConditionFailed, RowRefused), translating_store_errors():
            condition = reduce(and_, is_same, cls.task_id.exists())
            update(str(row["task_id"]), actions=actions, condition=condition)

    def remove(self, author: int = 0) -> None:
        """Remove the row for good; its user is written first, since a removal cannot carry one.

        Raises:
            ConditionFailed: The row is gone.
        """
        is_there = Task.task_id.exists()
        with translating_store_errors():
            if author or self.removed_by:
                self.update(actions=[set_or_remove(Task.removed_by, author)], condition=is_there)
            self.delete(condition=is_there)

    @classmethod
    def items_by_id(cls, task_ids: Iterable[int]) -> list[Mapping[str, Any]]:
        """Return the current tasks with these ids as the store holds them, those that exist."""
        found: list[Mapping[str, Any]] = []
        asked = [{"task_id": {"N": str(task_id)}} for task_id in task_ids]
        while asked:
            now, asked = asked[:LARGEST_BATCH], asked[LARGEST_BATCH:]
            with translating_store_errors():
                items, left = cls._batch_get_page(now, consistent_read=True, attributes_to_get=None)  # type: ignore[no-untyped-call]
            found += items
            asked += left or ()
        return found


DEFAULTS = {
    name: kind.default for name, kind in Task.get_attributes().items() if kind.default is not None
}
"""The values of absent fields."""


def row_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored task as a plain row; one made by hand may lack required fields."""
    return {**DEFAULTS, **plain_row(_readable(item))}


KINDS = {name: kind.attr_type for name, kind in Task.get_attributes().items()}
"""DynamoDB's type of each field."""


def _readable(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the readable fields of an item; its title names the unreadable ones."""
    misfits = sorted(name for name, value in item.items() if KINDS.get(name) not in {None, *value})
    if not misfits:
        return item
    rest = {name: value for name, value in item.items() if name not in misfits}
    return {**rest, "title": {"S": f"cannot be read: {', '.join(misfits)}"}}


def _exactly(name: str, value: int | None) -> Action:
    attribute = getattr(Task, name)
    action: Action = attribute.remove() if value is None else attribute.set(value)
    return action
