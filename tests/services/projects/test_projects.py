"""Projects and their columns."""

import pytest

from chalicelib.domain.errors import Refused
from chalicelib.services.projects import project_items, projects
from chalicelib.services.tasks import lifecycle
from tests.support.aws_faults import listening

pytestmark = pytest.mark.usefixtures("cloud")


def test_a_project_has_columns_of_its_own():
    projects.add_project("Second")
    projects.add_project("Third", ["One", "Two"])

    _, second, third = projects.list_projects()
    assert (second.id, second.name, second.is_active, list(second.categories)) == (
        2,
        "Second",
        True,
        [],
    )
    assert [(column.id, column.name) for column in second.columns] == [
        (5, "Backlog"),
        (6, "Ready"),
        (7, "Work in progress"),
        (8, "Done"),
    ]
    assert [(column.id, column.name) for column in third.columns] == [(9, "One"), (10, "Two")]


@pytest.mark.parametrize("name", ["", " ", "x" * 201])
def test_a_name_has_1_to_200_characters(name):
    with pytest.raises(Refused, match="^name: takes 1 to 200 characters$"):
        projects.add_project(name)


def test_a_column_is_refused_its_removal_by_its_first_task_alone():
    for _ in range(3):
        lifecycle.create_task({"title": "x"})

    with (
        listening() as calls,
        pytest.raises(Refused, match="^column_id: still has tasks: move or close them first$"),
    ):
        project_items.remove_part("columns", 1)

    assert [call.asked["Limit"] for call in calls if call.operation == "Query"] == [1]
