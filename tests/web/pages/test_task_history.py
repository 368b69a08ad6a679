"""The history of a task's page: what has changed, by the names that people know."""

from chalicelib.services.projects import project_items
from chalicelib.services.tasks import lifecycle, moving
from tests.support.page_visits import Visitor


def history(cloud, task_id):
    cloud.pump()
    return (
        Visitor(1)
        .get(f"/tasks/{task_id}")
        .seen.partition(" History ")[2]
        .partition(" Deliveries ")[0]
    )


def test_a_history_names_columns_categories_and_people_instead_of_their_ids(cloud):
    category_id = project_items.add_part(1, "categories", "Bug")
    task_id = lifecycle.create_task({"title": "x"})
    cloud.pump()
    lifecycle.update_task(task_id, {"owner_id": "1", "category_id": str(category_id)}, author=1)
    cloud.pump()
    moving.move_task(task_id, 3, 1, author=1)

    seen = history(cloud, task_id)

    for change in (
        "column: Backlog → Work in progress",
        "assigned to: none → admin",
        "category: none → Bug",
    ):
        assert change in seen


def test_a_history_says_closed_and_opened_instead_of_flags(cloud):
    task_id = lifecycle.create_task({"title": "x"})
    cloud.pump()
    lifecycle.close_task(task_id)
    cloud.pump()
    lifecycle.reopen_task(task_id)

    seen = history(cloud, task_id)

    assert [word in seen for word in ("Reopened", "Closed", "Created")] == [True] * 3
    assert "active" not in seen
    assert "completed" not in seen


def test_a_history_keeps_the_id_of_a_column_that_is_gone(cloud):
    column_id = project_items.add_part(1, "columns", "Soon gone")
    task_id = lifecycle.create_task({"title": "x", "column_id": str(column_id)})
    cloud.pump()
    moving.move_task(task_id, 1, 1)
    cloud.pump()
    project_items.remove_part("columns", column_id)

    assert f"column: {column_id} → Backlog" in history(cloud, task_id)
