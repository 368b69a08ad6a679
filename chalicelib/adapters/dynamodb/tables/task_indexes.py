"""The indexes of tasks and their fields."""

from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import (
    AllProjection,
    GlobalSecondaryIndex,
    IncludeProjection,
    KeysOnlyProjection,
)


class OpenTasksOfColumn(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]  # PynamoDB leaves __init_subclass__ untyped
    """The open tasks of a column from top to bottom; closed ones have no `rank` and are not here.

    It has the fields of a card, so that a board needs no other read. It has no description, so
    that a place in a long column is cheap to find.
    """

    class Meta:
        index_name = "by_column"
        projection = IncludeProjection(
            [
                *("title", "color_id", "owner_id", "category_id", "date_due"),
                *("tags", "comments", "priority"),
            ]
        )

    column_id = NumberAttribute(hash_key=True)
    rank = NumberAttribute(range_key=True)


class TasksOfProject(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]  # PynamoDB leaves __init_subclass__ untyped
    """The tasks of a project, open and closed ones separately."""

    class Meta:
        index_name = "by_project"
        projection = AllProjection()

    project_id = NumberAttribute(hash_key=True)
    is_active = NumberAttribute(range_key=True)


class ClosedTasksOfProject(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]  # PynamoDB leaves __init_subclass__ untyped
    """The closed tasks of a project by closing time; open tasks have no `closed_at`."""

    class Meta:
        index_name = "by_closing"
        projection = IncludeProjection(["title"])

    project_id = NumberAttribute(hash_key=True)
    closed_at = NumberAttribute(range_key=True)


class TasksOfReference(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]  # PynamoDB leaves __init_subclass__ untyped
    """The tasks with a reference to another system, by that reference."""

    class Meta:
        index_name = "by_reference"
        projection = KeysOnlyProjection()

    reference = UnicodeAttribute(hash_key=True)
    project_id = NumberAttribute(range_key=True)
