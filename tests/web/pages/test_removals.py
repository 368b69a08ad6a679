"""What cannot be undone is asked before, on a page that needs no script."""

import re
from html import unescape

import pytest

from chalicelib.adapters.dynamodb.tables import Comment, Delivery, Endpoint, Settings, Task
from chalicelib.domain.comments import comment_id
from chalicelib.services.accounts import users
from chalicelib.services.projects import project_items, projects
from chalicelib.services.tasks import comments, lifecycle
from tests.support.cloud import API_TOKEN, TOKEN
from tests.support.deliveries import past_delivery, subscribe

pytestmark = pytest.mark.usefixtures("cloud")


@pytest.fixture
def admin(admin):
    """An administrator, and one of each that can be removed."""
    lifecycle.create_task({"title": "<b>Write</b>"})
    comments.add_comment(1, 1, "A comment", "", "user")
    users.add_user("ada", "a password")
    subscribe("https://example.com/")
    past_delivery(1, 1000.0, status="pending", due_at=2e9).save()
    for group in ("categories", "tags"):
        project_items.add_part(1, group, "One")
    return admin


def state():
    """Return what is there."""
    project = next(iter(projects.list_projects()), None)
    kept = Settings.get("settings")
    return {
        "tasks": Task.count(),
        "comments": Comment.count(),
        "users": len(users.list_users()),
        "secrets": [row.secret for row in Endpoint.scan()],
        "parts": project and [len(project.columns), len(project.categories), len(project.tags)],
        "tokens": [kept.webhook_token == TOKEN, kept.api_token == API_TOKEN],
    }


def asked(page):
    """Return the hidden fields of the page that asks, but for the token."""
    fields = re.findall(
        r'<input type="hidden" name="(?!csrf_token)([^"]+)" value="([^"]*)">', page.text
    )
    return {name: unescape(text) for name, text in fields}


@pytest.mark.parametrize(
    ("path", "fields", "question", "what"),
    [
        (
            "/tasks/1",
            {"do": "remove"},
            (
                "Remove #1 <b>Write</b>? The task and its comments are removed. "
                "Right afterwards you can undo this."
            ),
            "tasks",
        ),
        (
            "/tasks/1",
            {"do": f"uncomment-{comment_id(1, 1)}"},
            "Remove this comment? A comment",
            "comments",
        ),
        (
            "/users/2",
            {"do": "remove"},
            "Remove user ada? This cannot be undone. The user's open tasks",
            "users",
        ),
        (
            "/endpoints/ci",
            {"do": "rotate"},
            "Rotate the secret? The old secret also signs for 24 hours.",
            "secrets",
        ),
        (
            "/endpoints/ci",
            {"do": "remove"},
            "and 1 pending delivery will be given up.",
            "secrets",
        ),
        (
            "/projects/1",
            {"do": "remove"},
            "Remove project My project? The project, its 1 open task",
            "parts",
        ),
        ("/projects/1", {"do": "remove-columns", "id": "2"}, "Remove the column Ready?", "parts"),
        (
            "/projects/1",
            {"do": "remove-categories", "id": "1"},
            "Remove the category One?",
            "parts",
        ),
        ("/projects/1", {"do": "remove-tags", "id": "1"}, "Remove the tag One?", "parts"),
        (
            "/settings/token",
            {"name": "webhook_token"},
            "Reset the webhook token? Requests with the old one",
            "tokens",
        ),
        (
            "/settings/token",
            {"name": "api_token"},
            "Reset the API token? Requests with the old one",
            "tokens",
        ),
    ],
)
def test_what_cannot_be_undone_is_done_only_by_the_page_that_asks(
    admin, path, fields, question, what
):
    before = state()

    page = admin.post(path, **fields)
    between = state()
    done = admin.post(path, **asked(page))

    assert question in page.seen
    assert (page.status, asked(page)) == (200, {**fields, "sure": "yes"})
    assert between == before
    assert state()[what] != before[what]
    assert done.status == 303


def test_who_is_not_sure_is_led_back_to_the_page_of_the_form(admin):
    pages = [admin.post("/tasks/1", do="remove"), admin.post("/settings/token", name="api_token")]

    back = [re.findall(r'href="([^"]+)">Cancel', page.text) for page in pages]

    assert back == [["/tasks/1"], ["/settings"]]


def test_what_is_not_there_is_not_asked_about(admin):
    assert admin.post("/projects/1", do="remove-tags", id=9).status == 404
    assert Delivery.count() == 1
