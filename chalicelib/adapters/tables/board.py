"""Tasks, projects with their columns, and users."""

from collections.abc import Iterable, Mapping
from typing import Any

from pynamodb.attributes import BooleanAttribute, ListAttribute, MapAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.constants import STREAM_NEW_AND_OLD_IMAGE
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from chalicelib.adapters.store import TableMeta, reaching_store
from chalicelib.config import CONFIG


class TasksOfColumn(GlobalSecondaryIndex["Task"]):  # type: ignore[no-untyped-call]  # PynamoDB leaves __init_subclass__ untyped
    """The tasks of a column from top to bottom."""

    class Meta:
        index_name = "by_column"
        projection = AllProjection()

    column_id = NumberAttribute(hash_key=True)
    position = NumberAttribute(range_key=True)


class Task(Model):
    """A task; the names are those that a webhook's body shows."""

    class Meta(TableMeta):
        table_name = CONFIG.table_prefix + "tasks"
        stream_view_type = STREAM_NEW_AND_OLD_IMAGE

    by_column = TasksOfColumn()

    task_id = NumberAttribute(hash_key=True)
    title = UnicodeAttribute()
    description = UnicodeAttribute(default="")
    project_id = NumberAttribute()
    owner_id = NumberAttribute(default=0)
    category_id = NumberAttribute(default=0)
    column_id = NumberAttribute()
    color_id = UnicodeAttribute()
    score = NumberAttribute(default=0)
    date_due = NumberAttribute(default=0)
    creator_id = NumberAttribute(default=0)
    date_creation = NumberAttribute()
    date_modification = NumberAttribute(default=0)
    date_completed = NumberAttribute(default=0)
    position = NumberAttribute()
    is_active = NumberAttribute(default=1)
    version = NumberAttribute(default=1)

    def change(self, fields: Mapping[str, int | str]) -> None:
        """Write these fields and count the change, unless somebody else was quicker.

        Raises:
            ConditionFailed: The task is no longer as it was read.
        """
        actions = [getattr(Task, field).set(value) for field, value in fields.items()]
        with reaching_store():
            self.update(actions=[*actions, Task.version.add(1)], condition=Task.version == self.version)


class NamedRow(MapAttribute[str, Any]):
    """A column or a category of a project: its id and its name."""

    id = NumberAttribute()
    name = UnicodeAttribute()


def named_rows(ids: Iterable[int], names: Iterable[str]) -> list[NamedRow]:
    """Return columns or categories with these ids and names."""
    return [NamedRow(id=number, name=name) for number, name in zip(ids, names, strict=True)]  # type: ignore[no-untyped-call]


class Project(Model):
    """A project with its columns, in their order, and its categories."""

    class Meta(TableMeta):
        table_name = CONFIG.table_prefix + "projects"

    id = NumberAttribute(hash_key=True)
    name = UnicodeAttribute()
    is_active = BooleanAttribute(default=True)
    columns: ListAttribute[NamedRow] = ListAttribute(of=NamedRow, default=list)
    categories: ListAttribute[NamedRow] = ListAttribute(of=NamedRow, default=list)


class User(Model):
    """A person who may be assigned tasks, or sign in."""

    class Meta(TableMeta):
        table_name = CONFIG.table_prefix + "users"

    id = NumberAttribute(hash_key=True)
    username = UnicodeAttribute()
    name = UnicodeAttribute(default="")
    role = UnicodeAttribute(default="user")
    is_active = BooleanAttribute(default=True)
    password_hash = UnicodeAttribute(default="")
