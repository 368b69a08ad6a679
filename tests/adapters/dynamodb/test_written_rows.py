"""A row is written as PynamoDB would write it, but for the attributes that are left out."""

from typing import Any

import pytest
from pynamodb.constants import ALL_OLD
from pynamodb.models import Model

from chalicelib.adapters.dynamodb.new_rows import Stated, is_new, put_of
from chalicelib.adapters.dynamodb.tables import Endpoint, Link, NamedRow, Payload, Project, Task

ROWS = (
    Task(task_id=1, title="", project_id=2, column_id=3, position=1.5, tags={1, 2}, reference="A"),
    Link("link:1", task_id=1, written="{}", expires_at=1_800_000_000),
    Project(id=1, name="ü", columns=[NamedRow(id=1, name="x")], members={"2": "manager"}),
    Endpoint("ci", url="https://ci.example", timeout=0.5, events={"task.created"}, is_active=False),
    Payload(
        "pl_1",
        source_id="ci",
        received_at=1.25,
        expires_at=2,
        digest="d",
        run="r",
        content={"a": ["b"]},
        items=[],
    ),
)


def pynamodbs(row: Any) -> dict[str, Any]:
    """Return PynamoDB's form of a row, without optional attributes that have their defaults."""
    item = Model.serialize(row)
    for name, attribute in row.get_attributes().items():
        if attribute.null and row.attribute_values.get(name) == attribute.default:
            item.pop(attribute.attr_name, None)
    return item


@pytest.mark.parametrize("row", ROWS, ids=lambda row: type(row).__name__)
def test_each_value_of_a_row_is_kept_as_pynamodb_keeps_it(row):
    assert row.serialize() == pynamodbs(row)


def values_of(row: Any) -> dict[str, Any]:
    """Return the values of a row with their types; a map equals only itself, its values do not."""
    return {
        name: (type(value), getattr(value, "attribute_values", value))
        for name, value in row.attribute_values.items()
    }


@pytest.mark.parametrize(
    ("table", "given"),
    [
        (Project, {"id": 1, "members": {"2": "manager"}}),
        (Endpoint, {"hash_key": "ci", "events": {"task.created"}}),
        (Payload, {"hash_key": "pl_1", "content": {"a": ["b"]}}),
    ],
)
def test_a_new_row_has_the_values_that_pynamodb_gives_it(table, given):
    ours, theirs = table(**given), object.__new__(table)
    Model.__init__(theirs, **given)

    assert values_of(ours) == values_of(theirs)


@pytest.mark.parametrize("returning", [None, ALL_OLD])
@pytest.mark.parametrize(
    "condition",
    [
        None,
        Task.task_id.does_not_exist(),
        (Task.version == 2) & (Task.title.exists() | (Task.position < 1.5)),
        is_new("task_id") | (Task.version == 2),
        Stated("version < :now", {":now": {"N": "1.5"}}) & Task.task_id.exists(),
    ],
    ids=["none", "absent", "nested", "stated or", "stated and"],
)
def test_the_write_of_a_row_in_a_transaction_is_pynamodbs(condition, returning):
    row = ROWS[0]

    assert put_of(row, condition, returning) == Model.get_save_kwargs_from_instance(
        row, condition, returning
    )
