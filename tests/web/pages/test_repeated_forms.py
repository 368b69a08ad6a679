"""A page's form sent twice, as by a double click: it makes one thing, found both times."""

import pytest

from chalicelib.adapters.dynamodb.tables import Comment, Endpoint, SourceRow, Task, User
from chalicelib.services.accounts import users
from chalicelib.services.projects import projects
from chalicelib.services.tasks import lifecycle
from tests.support.aws_faults import listening
from tests.support.page_visits import form_of, token_of

pytestmark = pytest.mark.usefixtures("cloud")

URL = "http://127.0.0.1:1/"
FORMS = {
    "task": ("/boards/1", "/boards/1", {"do": "add", "column_id": "2", "title": "x"}),
    "comment": ("/tasks/1", "/tasks/1", {"do": "comment", "content": "x"}),
    "project": ("/projects", "/projects", {"name": "x"}),
    "user": ("/users", "/users", {"username": "ada", "password": "a password", "role": "user"}),
    "endpoint": (
        "/settings",
        "/settings/urls",
        {"task.created": URL, "task.modified": URL, "shown": ""},
    ),
    "endpoint of its own": (
        "/settings/endpoint",
        "/settings/endpoint",
        {"url": URL, "task.created": "yes", "format": "standard"},
    ),
    "column": ("/projects/1", "/projects/1", {"do": "add-columns", "name": "x"}),
    "category": ("/projects/1", "/projects/1", {"do": "add-categories", "name": "x"}),
    "member": (
        "/projects/1",
        "/projects/1",
        {"do": "add-member", "user_id": "2", "role": "project-member"},
    ),
    "source": ("/sources", "/sources", {"preset": "form", "name": "x"}),
    "tag": ("/projects/1", "/projects/1", {"do": "add-tags", "name": "x"}),
}
"""Every form that makes something: the page that it is on, the path that it is sent to, and what it
says."""

BOTH = f"{URL}\n{URL}y"
OTHER = {
    "name": "y",
    "username": "ben",
    "user_id": "3",
    "task.created": BOTH,
    "task.modified": BOTH,
}
"""What makes another thing of the same kind."""


@pytest.fixture
def admin(admin):
    lifecycle.create_task({"title": "to be commented"})
    users.add_user("eve")
    users.add_user("fay")
    return admin


def things():
    """Return how many there are of all that a form may make."""
    first = projects.find_project(1)
    parts = [
        len(group)
        for group in (first.columns, first.categories, first.tags, projects.members_of(first))
    ]
    return (
        [len(list(table.scan())) for table in (Task, Comment, User, Endpoint, SourceRow)]
        + parts
        + [len(projects.list_projects())]
    )


@pytest.mark.parametrize("kind", FORMS)
def test_a_form_that_is_sent_twice_makes_one_thing_and_leads_to_it_twice(admin, kind):
    page, path, fields = FORMS[kind]
    token, before = token_of(admin.get(page)), things()

    first, second = (admin.post(path, csrf_token=token, **fields) for _ in range(2))

    assert sum(things()) - sum(before) == 1
    assert (first.status, second.status, first.headers["Location"]) == (
        303,
        303,
        second.headers["Location"],
    )


@pytest.mark.parametrize("kind", FORMS)
def test_a_form_with_a_token_of_its_own_calls_the_store_no_more_often(admin, kind):
    page, path, fields = FORMS[kind]
    token = token_of(admin.get(page))
    with listening() as with_token:
        first = admin.post(path, csrf_token=token, **fields)
    other = {name: OTHER.get(name, text) for name, text in fields.items()}
    with listening() as without:
        second = admin.post(path, **other)

    assert (first.status, second.status) == (303, 303)
    assert len(of_rows(with_token)) == len(of_rows(without))


def of_rows(calls):
    """Leave out what reserves ids, which a process does in blocks."""
    return [call for call in calls if call.asked.get("Key") != {"id": {"S": "numbers"}}]


def test_the_page_loaded_anew_adds_another_task_of_the_same_title(admin):
    _, path, fields = FORMS["task"]

    for _ in range(2):
        admin.post(path, csrf_token=token_of(admin.get("/boards/1")), **fields)

    assert len(board_titles()) == 3


def test_who_goes_back_and_changes_what_was_typed_adds_another_task(admin):
    _, path, fields = FORMS["task"]
    token = token_of(admin.get("/boards/1"))

    for title in ("one", "two"):
        admin.post(path, csrf_token=token, **fields | {"title": title})

    assert board_titles() == ["one", "to be commented", "two"]


def test_the_same_title_goes_to_each_column_that_it_is_added_to(admin):
    _, path, fields = FORMS["task"]
    token = token_of(admin.get("/boards/1"))

    for column_id in ("1", "2"):
        admin.post(path, csrf_token=token, **fields | {"column_id": column_id})

    assert board_titles() == ["to be commented", "x", "x"]


def test_a_form_that_was_refused_is_sent_again_from_the_page_that_says_why(admin):
    token = token_of(admin.get("/users"))
    fields = FORMS["user"][2]

    refused = admin.post("/users", csrf_token=token, **fields | {"password": "short"})
    again = form_of(refused) | {"password": "a password", "csrf_token": token_of(refused)}
    added = admin.post("/users", **again)

    assert (refused.status, added.status, len(list(User.scan()))) == (400, 303, 4)


def test_a_form_without_a_token_of_its_own_is_no_repeat_of_another(admin):
    for _ in range(2):
        admin.post("/projects", name="x")

    assert len(projects.list_projects()) == 3


def board_titles():
    return sorted(task.title for task in Task.scan())
