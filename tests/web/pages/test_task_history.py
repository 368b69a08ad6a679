"""The history of a task's page: what has changed, by the names that people know."""

import json
import re

import pytest

from chalicelib.adapters.dynamodb.tables import PastEvent
from chalicelib.services.deliveries import delivery_log
from chalicelib.services.projects import project_items, projects
from chalicelib.services.tasks import history as kept_history
from chalicelib.services.tasks import lifecycle, moving
from tests.support.cloud import client_of
from tests.support.deliveries import subscribe
from tests.support.page_visits import Visitor
from tools import commands
from tools.command_line import parse


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
        "Moved from Backlog to Work in progress by admin",
        "Assigned to admin by admin",
        "Category set to Bug by admin",
    ):
        assert change in seen


def test_a_history_says_closed_and_opened_instead_of_flags(cloud):
    task_id = lifecycle.create_task({"title": "x"})
    cloud.pump()
    lifecycle.close_task(task_id)
    cloud.pump()
    lifecycle.reopen_task(task_id)

    seen = history(cloud, task_id)

    for done in ("Reopened", "Closed", "Created"):
        assert f"{done} by the application" in seen
    assert "active" not in seen
    assert "completed" not in seen


def test_a_history_keeps_the_id_of_a_column_that_is_gone(cloud):
    column_id = project_items.add_part(1, "columns", "Soon gone")
    task_id = lifecycle.create_task({"title": "x", "column_id": str(column_id)})
    cloud.pump()
    moving.move_task(task_id, 1, 1)
    cloud.pump()
    project_items.remove_part("columns", column_id)

    assert f"Moved from column {column_id} to Backlog by the application" in history(cloud, task_id)


def test_a_history_tells_of_priority_and_reference_though_no_body_does(cloud):
    subscribe("http://127.0.0.1:1/")
    task_id = lifecycle.create_task({"title": "x"})
    cloud.pump()
    lifecycle.update_task(task_id, {"priority": "2"}, author=1)
    cloud.pump()
    lifecycle.update_task(task_id, {"priority": "0", "title": "y", "reference": "A-1"}, author=1)

    seen = history(cloud, task_id)

    for done in (
        "Priority changed from 0 to 2",
        "Title changed from “x” to “y”",
        "Priority changed from 2 to 0",
        "Reference set to A-1",
    ):
        assert f"{done} by admin" in seen
    rows = delivery_log.list_deliveries("ci")
    sent = [delivery_log.find_delivery(row.id).event or {} for row in rows]
    assert [event["type"] for event in sent] == ["task.modified", "task.modified", "task.created"]
    assert {*sent[0]["changes"], *sent[1]["changes"]} == {"date_modification", "title"}
    assert "Changed by" not in seen


def test_a_history_has_one_sentence_with_its_time_for_each_change(cloud):
    task_id = lifecycle.create_task({"title": "x", "date_due": "2026-12-24", "owner_id": "1"})
    cloud.pump()
    changes = {"title": "y", "date_due": "2026-12-31 18:00", "owner_id": "0", "description": "z"}
    lifecycle.update_task(task_id, changes | {"color_id": "red", "score": "3"}, author=1)
    cloud.pump()
    lifecycle.update_task(task_id, {"date_due": "", "description": ""}, author=1)

    cloud.pump()
    html = Visitor(1).get(f"/tasks/{task_id}").html
    told = re.findall(r'<li><span class="wrap">(.*?)</span> <time datetime="[^"]+Z"', html)

    assert sorted(told) == sorted(
        [
            "Created by the application",
            "Title changed from “x” to “y” by admin",
            "Due date changed from 24 Dec 2026 to 31 Dec 2026, 18:00 UTC by admin",
            "Assignee admin removed by admin",
            "Description added by admin",
            "Colour changed from Blue to Red by admin",
            "Score set to 3 by admin",
            "Due date 31 Dec 2026, 18:00 UTC removed by admin",
            "Description removed by admin",
        ]
    )


def test_a_history_tells_which_tags_were_set_by_the_names_that_they_had(cloud):
    task_id = lifecycle.create_task({"title": "x"})
    cloud.pump()
    for tags in (["urgent", "docs"], ["docs", "new"], []):
        lifecycle.update_task(task_id, {}, tags=tags, author=1)
        cloud.pump()
    for tag in projects.find_project(1).tags:
        project_items.remove_part("tags", int(tag.id))

    seen = history(cloud, task_id)

    for done in (
        "Tags set to docs, urgent",
        "Tags changed from docs, urgent to docs, new",
        "Tags docs, new removed",
    ):
        assert f"{done} by admin" in seen
    assert "Changed by" not in seen


def test_a_history_keeps_the_ids_of_tags_whose_names_are_gone(cloud):
    task_id = lifecycle.create_task({"title": "x"})
    cloud.pump()
    lifecycle.update_task(task_id, {}, tags=["docs"])
    [tag] = projects.find_project(1).tags
    project_items.remove_part("tags", int(tag.id))
    projects.CACHE.forget()

    assert f"Tags set to tag {tag.id} by the application" in history(cloud, task_id)


def test_a_move_to_a_project_with_the_same_tags_changes_no_tags(cloud):
    task_id = lifecycle.create_task({"title": "x"}, tags=["docs"])
    other = projects.add_project("Other", ["Only"])
    cloud.pump()
    moving.move_to_project(task_id, {"project_id": str(other.id)})

    seen = history(cloud, task_id)

    assert "Moved from" in seen
    assert "Tags" not in seen


def test_a_tag_that_was_written_by_hand_and_cannot_be_read_keeps_back_no_history(cloud):
    task_id = lifecycle.create_task({"title": "x"})
    cloud.pump()
    for tags, title in (({"S": "docs"}, {"S": "y"}), ({"NULL": True}, {"S": "z"})):
        client_of("dynamodb").update_item(
            TableName="taskhook-dev-tasks",
            Key={"task_id": {"N": str(task_id)}},
            UpdateExpression="SET tags = :tags, title = :title",
            ExpressionAttributeValues={":tags": tags, ":title": title},
        )
        cloud.pump()

    assert "Title changed from “y” to “z”" in history(cloud, task_id)


def test_a_history_has_nothing_that_the_release_before_tags_were_told_cannot_show(cloud):
    task_id = lifecycle.create_task({"title": "x"})
    cloud.pump()
    lifecycle.update_task(task_id, {}, tags=["urgent", "docs"])
    cloud.pump()

    tagged, _created = kept_history.of_task(task_id)

    # It looks up each value as an id that has a name, so none may be a list or an object.
    told = json.loads(tagged.task)["changes"]
    assert {type(value) for pair in told.values() for value in pair} <= {int, str}
    assert told["tags"] == ["", "docs, urgent"]


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ('{"changes": {"tags": [["a"], ["b"]], "title": ["x", "y"]}}', 'Tags changed from ["a"]'),
        ('{"changes": {"owner_id": "1", "title": ["x", "y"]}}', "Title changed from “x” to “y”"),
        ('{"changes": []}', "Changed by"),
        ("[]", "Changed by"),
        ("?", "Changed by"),
    ],
)
def test_a_record_of_another_release_or_edited_by_hand_hides_no_history(cloud, kept, told):
    task_id = lifecycle.create_task({"title": "x"})
    cloud.pump()
    lifecycle.update_task(task_id, {"title": "y"})
    cloud.pump()
    changed, _created = kept_history.of_task(task_id)
    changed.update(actions=[PastEvent.task.set(kept)])

    seen = history(cloud, task_id)

    assert told in seen
    assert "Created by" in seen
    assert len(commands.task_show(parse(["task", "show", str(task_id)]))["history"]) == 2
