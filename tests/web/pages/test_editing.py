"""Two people at the same form: neither overwrites the other's work, no input is lost."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.subscriptions import subscribed_types
from chalicelib.services.accounts import users
from chalicelib.services.endpoints import endpoints, url_lists
from chalicelib.services.projects import projects
from chalicelib.services.tasks import lifecycle
from chalicelib.web.pages import editing
from tests.support.deliveries import past_delivery, subscribe
from tests.support.page_visits import form_of

HOOKS = "https://example.com/"


@pytest.fixture
def task(admin):
    """The form of a task."""
    lifecycle.create_task(
        {"title": "Old", "description": "one\ntwo", "score": "1"}, tags=["red, white", "blue"]
    )
    return form_of(admin.get("/tasks/1"), "save")


def put_task(**fields):
    lifecycle.update_task(1, fields)


def put_project(**fields):
    projects.update_project(1, **fields)


def put_user(**fields):
    users.update_user(2, **fields)


class Edited(NamedTuple):
    """A thing that has a form, and two of its fields."""

    path: str
    put: Callable[..., object]
    get: Callable[[], object]
    field: str
    other: str


FORMS = [
    Edited("/tasks/1", put_task, lambda: lifecycle.find_task(1), "title", "description"),
    Edited("/projects/1", put_project, lambda: projects.find_project(1), "name", "description"),
    Edited("/users/2", put_user, lambda: users.get_user(2), "name", "email"),
]


@pytest.fixture
def things(admin, task):  # noqa: ARG001 -- what the forms are about
    users.add_user("ada")
    projects.update_project(1, description="one\ntwo")


@pytest.mark.parametrize("one", FORMS, ids=lambda one: one.path)
@pytest.mark.usefixtures("things")
def test_what_two_have_changed_is_shown_and_not_replaced_until_it_was_seen(admin, one):
    form = form_of(admin.get(one.path), "save")
    one.put(**{one.field: "Theirs <b>"})

    page = admin.post(one.path, **form | {"do": "save", one.field: "Mine", one.other: "mine too"})
    between, asked = getattr(one.get(), one.field), form_of(page, "save")
    again = admin.post(one.path, **asked | {"do": "save"})

    assert (page.status, page.text.count('role="alert"')) == (400, 1)
    assert "Another user changed this to: Theirs <b> Save again to replace it." in page.seen
    assert (between, asked[one.field], asked[one.other]) == ("Theirs <b>", "Mine", "mine too")
    saved = one.get()
    assert (again.status, getattr(saved, one.field), getattr(saved, one.other)) == (
        303,
        "Mine",
        "mine too",
    )


@pytest.mark.parametrize("one", FORMS, ids=lambda one: one.path)
@pytest.mark.usefixtures("things")
def test_what_only_another_has_changed_stays(admin, one):
    form = form_of(admin.get(one.path), "save")
    one.put(**{one.other: "theirs"})

    page = admin.post(one.path, **form | {"do": "save", one.field: "Mine"})

    saved = one.get()
    assert (page.status, getattr(saved, one.field), getattr(saved, one.other)) == (
        303,
        "Mine",
        "theirs",
    )


def test_a_form_that_is_refused_for_something_else_shows_what_another_has_changed(admin, task):
    put_task(description="theirs")

    page = admin.post("/tasks/1", **task | {"do": "save", "title": " "})

    assert (page.status, form_of(page, "save")["description"]) == (400, "theirs")


def test_what_both_have_written_alike_is_no_conflict(admin, task):
    put_task(title="New")

    assert admin.post("/tasks/1", **task | {"do": "save", "title": "New"}).status == 303


@pytest.mark.usefixtures("task")
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_form_that_nobody_touched_writes_nothing_though_browsers_send_other_line_ends(admin, end):
    put_task(description=f"one{end}two")
    form = form_of(admin.get("/tasks/1"), "save")
    sent = form | {"description": "one\r\ntwo"}

    page = admin.post("/tasks/1", **sent | {"do": "save"})

    assert (page.status, lifecycle.find_task(1).description) == (303, f"one{end}two")


def test_what_both_have_written_alike_is_no_conflict_though_the_line_ends_differ(admin, task):
    put_task(description="new\r\ntext")

    assert (
        admin.post("/tasks/1", **task | {"do": "save", "description": "new\r\ntext"}).status == 303
    )


def test_an_owner_who_was_deactivated_or_removed_keeps_no_form_from_being_saved(admin, task):
    ada = users.add_user("ada")
    put_task(owner_id=str(ada.id))
    users.set_active(int(ada.id), is_active=False)

    inactive = admin.get("/tasks/1")
    saved = admin.post("/tasks/1", **form_of(inactive, "save") | {"do": "save", "title": "New"})
    users.remove_user(int(ada.id))
    removed = admin.get("/tasks/1")
    again = admin.post("/tasks/1", **form_of(removed, "save") | {"do": "save", "title": "Newer"})

    assert "ada (inactive)" in inactive.seen
    assert "user 2 (removed)" in removed.seen
    assert (saved.status, again.status) == (303, 303)
    assert (
        lifecycle.find_task(1).title,
        int(lifecycle.find_task(1).owner_id),
        task["owner_id"],
    ) == ("Newer", 2, "0")


def test_a_name_of_a_user_is_shown_where_another_has_assigned_the_task(admin, task):
    users.add_user("ada", name="Ada L.")
    users.add_user("bob")
    put_task(owner_id="2")

    page = admin.post("/tasks/1", **task | {"do": "save", "owner_id": "3"})

    assert "Another user changed this to: Ada L. Save again" in page.seen
    assert page.status == 400


def test_a_tag_with_a_comma_survives_its_form(admin, task):
    admin.post("/tasks/1", **task | {"do": "save", "tags": task["tags"] + ', new, "a, b"'})

    names = {str(tag.name) for tag in projects.find_project(1).tags}
    assert task["tags"] == '"red, white", blue'
    assert names == {"red, white", "blue", "new", "a, b"}


@given(st.lists(st.text(st.sampled_from("ab ,\"'"), min_size=1).filter(str.strip)))
def test_names_are_read_as_they_were_listed(names):
    assert editing.names_in(editing.listed(names)) == names


def heard():
    """Return the URLs that hear of each event."""
    listed = [one.endpoint for one in endpoints.list_endpoints()]
    return {
        str(one.url).removeprefix(HOOKS): "".join(event[5] for event in subscribed_types(one))
        for one in listed
    }


def test_two_lists_of_urls_are_not_written_over_each_other(admin):
    form = form_of(admin.get("/settings"))
    url_lists.replace_subscribed_urls({"task.created": [HOOKS + "theirs"]})

    mine = {"task.created": HOOKS + "mine", "task.modified": HOOKS + "mine"}
    page = admin.post("/settings/urls", **form | mine)
    between = heard()
    both = {"task.created": f"{HOOKS}theirs\r\n{HOOKS}mine"}
    again = admin.post("/settings/urls", **form_of(page) | both)

    assert f"Another user changed this to: {HOOKS}theirs Save again" in page.seen
    assert page.status == 400
    assert {name: form_of(page)[name] for name in mine} == mine
    assert (between, again.status, heard()) == ({"theirs": "c"}, 303, {"theirs": "c", "mine": "cm"})


def test_a_list_that_was_not_touched_keeps_what_another_has_added_to_it(admin):
    form = form_of(admin.get("/settings"))
    url_lists.replace_subscribed_urls({"task.created": [HOOKS + "theirs"]})

    admin.post("/settings/urls", **form | {"task.modified": HOOKS + "mine"})

    assert heard() == {"theirs": "c", "mine": "m"}


def test_before_a_line_is_removed_it_is_said_what_is_given_up_by_it(admin):
    subscribe(HOOKS + "other", "other")
    for name in ("ci", "bot"):
        endpoints.add_endpoint(HOOKS + name, endpoint_id=name)
    past_delivery(1, 1000.0, "ci", status="pending", due_at=2e9).save()
    form = form_of(admin.get("/settings"))

    wanted = {"task.created": HOOKS + "bot", "task.modified": f"{HOOKS}other"}
    page = admin.post("/settings/urls", **form | wanted)
    between = set(heard())
    done = admin.post("/settings/urls", **form_of(page))

    assert page.seen.count("its secret is removed too") == 1
    assert '<button class="danger">Remove it and give up 1 delivery</button>' in page.text
    assert (
        f"{HOOKS}ci: its secret is removed too, and 1 pending delivery will be given up."
        in page.seen
    )
    assert (between, done.status, heard()) == (
        {"ci", "bot", "other"},
        303,
        {"bot": "c", "other": "mr"},
    )


def test_every_line_that_cannot_be_called_is_told_before_it_is_asked_what_goes(admin):
    endpoints.add_endpoint(HOOKS + "ci", endpoint_id="ci")
    form = form_of(admin.get("/settings"))

    wanted = {"task.created": f"ftp://a/\r\n{HOOKS}new\r\nftp://b/", "task.modified": ""}
    page = admin.post("/settings/urls", **form | wanted)

    assert "Remove these endpoints?" not in page.seen
    assert page.status == 400
    assert [f"ftp://{host}/: must begin with http" in page.seen for host in "ab"] == [True, True]
    assert heard() == {"ci": "cm"}
