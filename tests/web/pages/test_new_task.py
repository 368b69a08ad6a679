"""The form with all fields of a new task, and the short one of a column."""

import re

import pytest

from chalicelib.adapters.dynamodb.tables import Task
from chalicelib.services.accounts import users
from chalicelib.services.projects import membership, project_items, projects
from tests.support.page_visits import Visitor

FULL = {"title": "Write", "description": " - a list\n", "column_id": "2", "color_id": "red"}
FULL |= {"owner_id": "1", "priority": "3", "date_due": "2096-12-24", "tags": "urgent, q4"}


def open_tasks():
    return list(Task.scan())


def test_the_form_with_all_fields_adds_a_task_and_returns_to_it_on_the_board(admin):
    category_id = project_items.add_part(1, "categories", "Bug")

    page = admin.post("/boards/1/new", do="add", category_id=category_id, **FULL)

    [task] = open_tasks()
    project = projects.find_project(1)
    assert (page.status, page.headers["Location"]) == (303, f"/boards/1?done=added#t{task.task_id}")
    assert (task.title, task.description, task.color_id) == ("Write", " - a list\n", "red")
    assert (task.column_id, task.category_id, task.owner_id) == (2, category_id, 1)
    assert (task.priority, task.date_due, task.creator_id) == (3, 4007145600, 1)
    assert {tag.name for tag in project.tags if tag.id in task.tags} == {"urgent", "q4"}


def test_another_task_can_follow_at_once(admin):
    page = admin.post("/boards/1/new", do="add", title="x", again="1")

    assert page.headers["Location"] == "/boards/1/new?done=added"


def test_a_refused_form_keeps_what_was_typed_and_says_why_beside_the_field(admin):
    page = admin.post("/boards/1/new", do="add", **{**FULL, "priority": "high"})

    assert page.status == 400
    assert 'value="Write"' in page.html
    assert '<option value="red" selected>' in page.html
    assert re.search(r'id="new-priority" name="priority" aria-invalid="true"', page.html)
    assert "takes a whole number, 0 or more" in page.seen
    assert open_tasks() == []


@pytest.mark.parametrize("path", ["/boards/1", "/boards/1/new"])
def test_a_script_learns_which_task_it_has_added(admin, path):
    page = admin.post(path, do="add", part="add", title="x", column_id="2")

    [task] = open_tasks()
    assert (page.status, page.headers["X-Task-Id"]) == (204, str(task.task_id))


@pytest.mark.parametrize("path", ["/boards/1", "/boards/1/new"])
def test_a_form_that_is_sent_twice_adds_one_task(admin, path):
    form = {"csrf_token": f"{admin.session.csrf_token}.key", "do": "add", "title": "x"}

    answers = {admin.post(path, **form, part="add").headers["X-Task-Id"] for _ in range(2)}

    assert answers == {"1"}


def test_the_short_form_returns_to_the_new_card_and_is_open_for_the_next_one(admin):
    page = admin.post("/boards/1", do="add", title="x", column_id="2", q="x")

    [task] = open_tasks()
    place = f"/boards/1?new=2&done=added&q=x#t{task.task_id}"
    assert page.headers["Location"] == place
    opened = re.findall(r"<details[^>]* open>.*?</details>", admin.get(place).html)
    assert ["in Ready" in form for form in opened] == [True]


def test_who_may_only_look_has_no_form(user):
    viewer = users.add_user("val", "a password")
    membership.set_role(1, int(viewer.id), "project-viewer", is_member=False)
    visitor = Visitor(int(viewer.id))

    board, page = visitor.get("/boards/1"), visitor.get("/boards/1/new")
    sent = visitor.post("/boards/1/new", do="add", title="x")

    assert "New task" not in board.seen
    assert "Add a task" not in board.seen
    assert (page.status, sent.status, user.get("/boards/1/new").status) == (403, 403, 403)
    assert open_tasks() == []
