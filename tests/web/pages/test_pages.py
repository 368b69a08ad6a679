"""Pages: who may see them, and what the forms of projects and users do."""

from urllib.parse import urlencode

import pytest

from chalicelib.adapters.dynamodb.tables import Task, User
from chalicelib.services.accounts import users
from chalicelib.services.projects import membership, projects
from chalicelib.services.tasks import lifecycle
from tests.support.http_calls import FORM
from tests.support.page_visits import open_address

pytestmark = pytest.mark.usefixtures("cloud")

XSS = "<b>bold</b>"
OF_ADMINISTRATORS = ["/settings", "/users", "/users/1", "/deliveries", "/deliveries/replay"]
OF_ALL = ["/boards", "/projects", "/help", "/password"]


def names(group):
    return [part.name for part in getattr(projects.find_project(1), group)]


@pytest.mark.parametrize(
    "path",
    [*OF_ADMINISTRATORS, "/boards/1", "/projects/1", "/boards/1/closed", "/boards/1/version"],
)
def test_a_stranger_may_not(user, path):
    assert user.get(path).status == 403


@pytest.mark.parametrize("path", ["/tasks/1", "/tasks/99", "/boards/99"])
def test_a_stranger_is_not_told_what_there_is(user, path):
    lifecycle.create_task({"title": "secret"})

    assert user.get(path).status == 403


@pytest.mark.parametrize("path", [*OF_ADMINISTRATORS, *OF_ALL, "/boards/1", "/projects/1"])
def test_a_page_answers_head_as_get(admin, path):
    seen, looked_at = (open_address(method, path, admin.headers) for method in ("GET", "HEAD"))

    without_cookie = [{**page.headers, "Set-Cookie": ""} for page in (seen, looked_at)]
    assert (looked_at.status, without_cookie[1]) == (seen.status, without_cookie[0])


def test_who_has_not_signed_in_is_led_on_by_head_too():
    assert open_address("HEAD", "/projects", {}).headers["Location"] == "/sign-in?then=%2Fprojects"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_browsers_and_robots_ask_for_by_themselves_is_there_and_kept_for_a_day(method):
    icon, robots = (open_address(method, path, {}) for path in ("/favicon.ico", "/robots.txt"))

    assert (icon.status, icon.headers["Content-Type"], icon.text[:4]) == (
        200,
        "image/svg+xml",
        "<svg",
    )
    assert (robots.status, robots.text) == (200, "User-agent: *\nDisallow: /\n")
    assert {page.headers["Cache-Control"] for page in (icon, robots)} == {"public, max-age=86400"}


@pytest.mark.parametrize("path", [*OF_ADMINISTRATORS, *OF_ALL, "/boards/1", "/projects/1"])
def test_every_page_tells_browsers_to_be_careful(admin, path):
    page = admin.get(path)

    headers = page.headers
    assert page.status in {200, 303}
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == (
        "nosniff",
        "same-origin",
    )
    assert [mark for mark in ("<script>", " style=", "onclick") if mark in page.text] == []


def test_a_project_is_added_renamed_and_switched_off(admin):
    added = admin.post("/projects", name=XSS)
    admin.post("/projects/2", do="save", name="Other", description="What for", identifier="oth")
    admin.post("/projects/2", do="switch-off")

    project = projects.find_project(2)
    assert added.headers["Location"] == "/projects/2?done=added"
    assert (project.name, project.description, project.identifier, project.is_active) == (
        "Other",
        "What for",
        "OTH",
        False,
    )
    assert 'title="project_id=2"' in admin.get("/projects").text


def test_names_are_shown_as_they_are(admin):
    projects.update_project(1, XSS)
    lifecycle.create_task({"title": XSS, "description": XSS})
    users.update_user(1, name=XSS)

    for path in ("/projects", "/projects/1", "/boards/1", "/tasks/1", "/users", "/users/1"):
        page = admin.get(path)
        assert XSS not in page.text, path
        assert XSS in unescaped(page.text), path


def unescaped(text):
    return text.replace("&lt;", "<").replace("&gt;", ">")


def test_columns_are_added_renamed_ordered_and_removed(admin):
    admin.post("/projects/1", do="add-columns", name="Later")
    admin.post("/projects/1", do="edit-columns", id=2, name="Next", task_limit=3)
    admin.post("/projects/1", do="order-up", id=5)
    admin.post("/projects/1", do="remove-columns", id=1, sure="yes")

    assert names("columns") == ["Next", "Work in progress", "Later", "Done"]
    assert 'title="column_id=5"' in admin.get("/projects/1").text


def test_a_column_with_tasks_is_kept_and_the_page_says_why(admin):
    lifecycle.create_task({"title": "x"})

    page = admin.post("/projects/1", do="remove-columns", id=1, sure="yes")

    assert "still has tasks: move or close them first" in page.seen
    assert page.status == 400
    assert names("columns")[0] == "Backlog"


@pytest.mark.parametrize("group", ["categories", "tags"])
def test_categories_and_tags_are_added_changed_and_removed(admin, group):
    admin.post("/projects/1", do=f"add-{group}", name="One")
    admin.post("/projects/1", do=f"add-{group}", name="Two")
    admin.post("/projects/1", do=f"edit-{group}", id=1, name="First", color_id="red")
    admin.post("/projects/1", do=f"remove-{group}", id=2, sure="yes")

    [part] = getattr(projects.find_project(1), group)
    assert (part.name, part.color_id) == ("First", "red")


def test_a_part_of_another_project_is_not_changed(admin):
    projects.add_project("Other")

    page = admin.post("/projects/1", do="edit-columns", id=5, name="Taken over")

    assert (page.status, projects.find_project(2).columns[0].name) == (404, "Backlog")


def test_members_are_let_in_given_a_role_and_let_go(admin, user):
    admin.post("/projects/1", do="add-member", user_id=2, role="project-viewer")
    seen = user.get("/boards/1").status
    admin.post("/projects/1", do="edit-member", user_id=2, role="project-member")
    held = projects.role_in(projects.find_project(1), 2)
    admin.post("/projects/1", do="remove-member", user_id=2)

    assert (seen, held, user.get("/boards/1").status) == (200, "project-member", 403)


def test_a_member_may_look_at_the_project_but_not_change_it(user):
    membership.set_role(1, 2, "project-member", is_member=False)

    page, refused = user.get("/projects/1"), user.post("/projects/1", do="save", name="Mine")

    assert "Remove this project" not in page.text
    assert (page.status, refused.status) == (200, 403)


def test_a_project_is_removed_with_its_tasks(admin):
    lifecycle.create_task({"title": "x"})

    page = admin.post("/projects/1", do="remove", sure="yes")

    assert (page.headers["Location"], projects.list_projects()) == ("/projects?done=removed", [])


def test_a_user_is_added_changed_and_removed(admin):
    fields = {
        "username": "bob",
        "password": "a password",
        "name": "Bob",
        "email": "bob@example.com",
        "role": "user",
    }

    admin.post("/users", **fields)
    listed = admin.get("/users").text
    admin.post("/users/2", do="save", username="rob", name="Rob", email="", role="manager")
    changed = users.get_user(2)
    admin.post("/users/2", do="disable")
    admin.post("/users/2", do="remove", sure="yes")

    assert 'title="user_id=2"' in listed
    assert (changed.username, changed.name, changed.email, changed.role) == (
        "rob",
        "Rob",
        "",
        "manager",
    )
    assert [row.id for row in User.scan()] == [1]


@pytest.mark.parametrize(
    ("path", "fields", "reason"),
    [
        ("/users", {"username": "bob"}, "is required"),
        (
            "/users",
            {"username": "bob", "password": "short", "role": "user"},
            "takes 6 to 1000 characters",
        ),
        ("/users", {"username": "admin", "password": "a password", "role": "user"}, "is taken"),
        ("/users/1", {"do": "disable"}, "is the last administrator"),
        ("/users/1", {"do": "remove", "sure": "yes"}, "is the last administrator"),
        ("/users/1", {"do": "password", "password": "short"}, "takes 6 to 1000 characters"),
        ("/users/1", {"do": "fly"}, "takes no 'fly'"),
        ("/projects", {"name": " "}, "takes 1 to 200 characters"),
        (
            "/projects/1",
            {"do": "save", "name": "x", "identifier": "a b"},
            "takes up to 50 letters and digits",
        ),
        ("/projects/1", {"do": "add-friends", "name": "x"}, "takes no 'friends'"),
    ],
)
def test_what_cannot_be_is_refused_on_the_page(admin, path, fields, reason):
    page = admin.post(path, **fields)

    assert reason in page.seen
    assert page.status == 400


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/users/99", "There is no user 99."),
        ("/users/x", "There is no user x."),
        ("/tasks/99", "There is no task 99."),
        ("/tasks/%C3%BC", "There is no task ü."),
        ("/projects/99", "There is no project 99."),
        ("/boards/0", "There is no project 0."),
        ("/boards/" + "9" * 60, f"There is no project {'9' * 50}."),
    ],
)
def test_what_is_not_there_is_not_found(admin, path, reason):
    page = admin.get(path)

    assert reason in page.seen
    assert page.status == 404


def test_the_links_of_kanboard_lead_to_the_pages():
    html = {"accept": "text/html"}
    addresses = [
        "/",
        "/?controller=task&action=show&task_id=7&project_id=1",
        "/?controller=board&action=show&project_id=2",
    ]

    to = [
        open_address("GET", address, html, stage="/api").headers["Location"]
        for address in addresses
    ]

    assert to == ["/api/boards", "/api/tasks/7", "/api/boards/2"]


@pytest.mark.parametrize(
    "address", ["/?controller=task&task_id=%D9%A1", "/?controller=board&project_id=%C2%B2"]
)
def test_a_link_of_kanboard_with_digits_of_another_script_leads_nowhere(address):
    answer = open_address("GET", address, {"accept": "text/html"})

    assert (answer.status, answer.headers.get("Location")) == (404, None)


def test_files_are_kept_for_a_year_and_there_are_no_others(admin):
    page = admin.get("/help").text
    path = page.partition('href="')[2].partition('"')[0]

    found, other = open_address("GET", path, {}), open_address("GET", "/static/x/app.py", {})

    assert (found.status, found.headers["Cache-Control"]) == (
        200,
        "public, max-age=31536000, immutable",
    )
    assert other.status == 404


def test_a_link_fills_in_no_form_and_changes_no_button(admin, user):
    users.update_user(2, name="Ada")

    shown = open_address("GET", "/users/2?role=administrator&name=Eve", admin.headers).text
    fields = {"csrf_token": admin.session.csrf_token, "do": "add-columns", "name": "Later"}
    headers = admin.headers | {"content-type": FORM}
    open_address("POST", "/projects/1?do=remove&name=Gone", headers, urlencode(fields))

    assert "Eve" not in shown
    assert "Ada" in shown
    assert names("columns")[-1] == "Later"
    assert user.session.user.role == "user"


def test_a_path_with_a_slash_at_its_end_is_the_same_page(admin):
    page = open_address("GET", "/settings/", admin.headers, stage="/api")

    assert page.headers["Set-Cookie"].split("; ")[1] == "Path=/api"


@pytest.mark.parametrize("date_due", ["1790000000000", "99999999999999999"])
def test_a_date_beyond_all_calendars_is_refused_and_breaks_no_board(admin, date_due):
    task_id = lifecycle.create_task({"title": "x"})

    page = admin.post(f"/tasks/{task_id}", do="save", title="x", color_id="red", date_due=date_due)
    Task(task_id).update(actions=[Task.date_due.set(int(date_due[:13]))])

    assert "takes a date such as" in page.seen
    assert page.status == 400
    assert [admin.get(path).status for path in ("/boards/1", f"/tasks/{task_id}")] == [200, 200]


def test_a_task_that_is_saved_as_it_stands_is_not_changed(admin):
    task_id = lifecycle.create_task({"title": "x", "description": "one\ntwo"})

    admin.post(
        f"/tasks/{task_id}",
        do="save",
        title="x",
        color_id="blue",
        description="one\r\ntwo",
        owner_id="0",
    )

    assert lifecycle.find_task(task_id).version == 1
