"""The search over all projects: who finds what, and what the page says of a query."""

import json

import pytest

from chalicelib.domain.accounts import PROJECT_VIEWER
from chalicelib.services.projects import membership, project_items, projects
from chalicelib.services.tasks import lifecycle
from chalicelib.web.pages import searching


@pytest.fixture
def _projects(cloud):  # noqa: ARG001 -- the tables must be there first
    """An open and a closed task in one project, and an open one in another."""
    projects.add_project("Website")
    for title, project_id in (("Fix it", 1), ("Fix that", 1), ("Fix <all>", 2)):
        lifecycle.create_task({"title": title, "project_id": str(project_id)})
    lifecycle.close_task(2)


pytestmark = pytest.mark.usefixtures("_projects")


def test_a_search_shows_the_tasks_of_each_project_with_its_name(admin):
    page = admin.get("/search?q=fix")

    assert "My project 2 project 1 Fix it #1 Closed Fix that #2" in page.seen
    assert "Website 1 project 2 Fix <all> #3" in page.seen


def test_a_search_shows_only_projects_that_the_user_may_see(user):
    membership.set_role(2, user.session.user.id, PROJECT_VIEWER, is_member=False)

    page = user.get("/search?q=fix")

    assert "Fix <all>" in page.seen
    assert "Fix it" not in page.seen


def test_a_search_says_which_words_are_no_keys_and_what_the_keys_are(admin):
    page = admin.get("/search?q=whose:me+foo:x")

    assert (
        "There is no key whose: , foo: , so it is searched for as a word. "
        "The keys are assignee:, creator:, status:, project:, column:"
    ) in page.seen
    assert "No task matches." in page.seen


def test_a_search_says_what_it_cannot_read(admin):
    page = admin.get("/search?q=due:2026")

    assert page.status == 400
    assert "due: takes a day such as 2026-07-01" in page.seen
    assert 'value="due:2026"' in page.html


def test_a_search_shows_the_first_tasks_of_each_project_and_links_to_all(admin, monkeypatch):
    monkeypatch.setattr(searching, "SHOWN", 1)
    monkeypatch.setattr(searching, "SHOWN_ALONE", 1)

    page, alone = admin.get("/search?q=fix"), admin.get("/search?q=fix+project:1")

    assert "/search?q=fix%20project%3A1" in page.text
    assert "All 2 in My project" in page.seen
    assert "1 more tasks: add words to see them." in alone.seen


def test_every_page_has_a_field_that_searches_and_the_search_itself_only_its_own(admin):
    board, search = admin.get("/boards/1"), admin.get("/search")

    assert board.html.count('action="/search"') == 1
    assert search.html.count('aria-label="Search all projects"') == 1


def test_the_suggested_words_name_what_the_user_may_see(user):
    membership.set_role(2, user.session.user.id, PROJECT_VIEWER, is_member=False)
    project_items.change_part("columns", 5, "To read")
    project_items.add_part(1, "tags", "hidden")

    words = json.loads(user.get("/search/words").text)

    assert {"assignee:me", "assignee:ada", "color:red", "project:Website"} <= set(words)
    assert 'column:"To read"' in words
    assert "tag:hidden" not in words
