"""The projects pages: what they count, and what they say beside a form that is refused."""

import re

import pytest

from chalicelib.domain import accounts
from chalicelib.services.accounts import users
from chalicelib.services.projects import membership, projects
from chalicelib.services.tasks import lifecycle
from chalicelib.web.pages import boards
from tests.support.aws_faults import listening
from tests.support.page_visits import Visitor

pytestmark = pytest.mark.usefixtures("cloud")


def form(page, do):
    """Return the forms of a page that have this button."""
    return [
        one
        for one in re.findall(r"<form.*?</form>", page.text, re.DOTALL)
        if f'value="{do}"' in one
    ]


def cells(page):
    return [
        re.sub(r"<[^>]+>", "", cell).strip()
        for cell in re.findall(r"<td.*?</td>", page.text, re.DOTALL)
    ]


def test_the_list_counts_the_open_tasks_of_each_project(admin):
    for _ in range(2):
        lifecycle.create_task({"title": "open"})
    lifecycle.close_task(lifecycle.create_task({"title": "closed"}))

    assert cells(admin.get("/projects"))[2:4] == ["2", "Active"]


def test_a_column_counts_no_further_than_its_board_shows(admin, monkeypatch):
    monkeypatch.setattr("chalicelib.web.pages.boards.SHOWN", 2)
    for _ in range(3):
        lifecycle.create_task({"title": "open"})

    assert cells(admin.get("/projects"))[2] == "2+"


def test_the_list_reads_no_task_only_to_count_it(admin):
    with listening() as calls:
        admin.get("/projects")

    asked = [
        (call.asked.get("Select"), call.asked.get("Limit"))
        for call in calls
        if call.operation == "Query"
    ]
    assert asked == [("COUNT", boards.SHOWN + 1)] * 4


def test_a_user_sees_the_own_projects_alone():
    projects.add_project("Hidden")
    membership.set_role(1, int(users.add_user("ada").id), accounts.PROJECT_VIEWER, is_member=False)

    page = Visitor(2).get("/projects")

    assert 'title="project_id=1"' in page.text
    assert "Hidden" not in page.text
    assert "Add a project" not in page.text


def test_a_manager_adds_a_project_and_manages_it_a_user_may_not():
    mary, uma = (Visitor(int(users.add_user(role, role=role).id)) for role in ("manager", "user"))

    added, refused = mary.post("/projects", name="Mine"), uma.post("/projects", name="Mine")

    assert (added.headers["Location"], refused.status) == ("/projects/2?done=added", 403)
    assert projects.role_in(projects.find_project(2), 2) == accounts.PROJECT_MANAGER


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"do": "add-columns", "name": " "}, "takes 1 to 200 characters"),
        ({"do": "add-categories", "name": "Bug"}, "is taken"),
        (
            {"do": "edit-columns", "id": 2, "name": "Next", "task_limit": "many"},
            "takes a whole number, 0 or more",
        ),
        (
            {"do": "edit-tags", "id": 1, "name": "x", "color_id": "pink"},
            "takes one of yellow, blue",
        ),
        ({"do": "add-member", "user_id": 2, "role": "king"}, "takes one of project-manager"),
        ({"do": "edit-member", "user_id": 1, "role": "king"}, "takes one of project-manager"),
        ({"do": "save", "name": "", "description": "kept"}, "takes 1 to 200 characters"),
    ],
)
def test_a_refusal_stands_in_the_form_that_was_sent_and_nowhere_else(admin, fields, reason):
    users.add_user("ada")
    admin.post("/projects/1", do="add-categories", name="Bug")
    admin.post("/projects/1", do="add-tags", name="ops")

    page = admin.post("/projects/1", **fields)

    assert page.status == 400
    assert page.text.count('role="alert"') == 1
    [refused] = [one for one in form(page, fields["do"]) if 'role="alert"' in one]
    assert reason in refused
    typed = fields.get("description") or fields.get("task_limit") or ""
    assert typed in refused


def test_a_column_that_must_stay_says_so_in_its_own_row(admin):
    lifecycle.create_task({"title": "x", "column_id": "3"})

    page = admin.post("/projects/1", do="remove-columns", id=3, sure="yes")

    [row] = [
        one for one in re.findall(r"<li.*?</li>", page.text, re.DOTALL) if 'role="alert"' in one
    ]
    assert 'title="column_id=3"' in row
    assert "still has tasks" in row


@pytest.mark.parametrize("do", ["fly", "remove-friends", ""])
def test_a_form_that_is_none_of_ours_is_refused(admin, do):
    page = admin.post("/projects/1", do=do, id="²")

    assert (page.status, page.text.count('role="alert"')) == (400, 1)
    assert len(projects.list_projects()) == 1


def test_a_number_in_other_digits_is_refused(admin):
    assert admin.post("/projects/1", do="edit-columns", id="²", name="x").status == 400


def test_a_colour_cannot_be_taken_back_so_nobody_is_offered_it(admin):
    admin.post("/projects/1", do="add-tags", name="plain")
    admin.post("/projects/1", do="add-tags", name="ops")
    admin.post("/projects/1", do="edit-tags", id=2, name="ops", color_id="red")

    plain, coloured = form(admin.get("/projects/1"), "edit-tags")

    assert "no colour" in plain
    assert "no colour" not in coloured


def test_a_role_that_was_written_by_hand_is_shown_as_it_is():
    projects.change_project(1, lambda _: {"members": {"1": "owner", "2": accounts.PROJECT_VIEWER}})

    page = Visitor(int(users.add_user("ada").id)).get("/projects/1")

    assert "owner" in page.seen
    assert page.status == 200
