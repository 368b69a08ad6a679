"""Signing in and out, how long a session holds, and what a form must carry."""

import re
import time
from urllib.parse import urlencode

import pytest

import app
from chalicelib.services.accounts import access, users
from chalicelib.services.accounts.lockout import Origin
from chalicelib.services.projects import projects
from chalicelib.web import session
from tests.support.cloud import PASSWORD
from tests.support.http_calls import FORM, HERE
from tests.support.page_visits import Visitor, cookie_of, open_address

pytestmark = pytest.mark.usefixtures("cloud")

READ_BY_TOKEN = {"/metrics", "/openapi.json", "/asyncapi.json"}
"""What programs read with the API token."""

BY_TOKEN = {"/", "/index.php", "/jsonrpc", "/jsonrpc.php", "/in/{source_id}", *READ_BY_TOKEN}
"""What programs call, which bring a token or a password with each call."""

OF_NOBODY = {
    *("/sign-in", "/sign-out", "/keys"),
    *("/favicon.ico", "/robots.txt", "/static/{version}/{name}"),
}
"""What somebody who has not signed in is given."""


HTTPS = {"x-forwarded-proto": "https", "host": "hooks.example"}


def routes(method):
    """Return a path for each route with a method, except those that programs call."""
    return [
        path
        for path, methods in app.app.routes.items()
        if method in methods and path not in BY_TOKEN
    ]


def named(path):
    return re.sub(r"{\w+}", "1", path)


def led_to(page):
    return page.status, page.headers.get("Location", "")


def test_who_has_not_signed_in_is_led_to_sign_in_from_every_page():
    nobody = Visitor(0)
    paths = {named(path) for path in routes("GET") if path not in OF_NOBODY}

    to = {path: led_to(nobody.get(path)) for path in paths}

    assert len(paths) >= 15
    assert to == {path: (303, "/sign-in?then=" + path.replace("/", "%2F")) for path in paths}


def test_what_programs_read_is_refused_to_a_visitor_and_leads_nowhere():
    nobody = Visitor(0)

    to = {path: led_to(nobody.get(path)) for path in READ_BY_TOKEN}

    assert to == dict.fromkeys(READ_BY_TOKEN, (401, ""))


def test_who_has_not_signed_in_sends_no_form():
    nobody = Visitor(0)
    paths = {named(path) for path in routes("POST") if path not in OF_NOBODY}

    to = {path: led_to(nobody.post(path, do="remove")) for path in paths}

    assert to == dict.fromkeys(paths, (303, "/sign-in?then=%2F"))


def test_a_form_without_our_token_does_nothing_whatever_its_page(admin):
    paths = {named(path) for path in routes("POST")}

    told = {
        (path, token): admin.post(path, csrf_token=token, do="remove")
        for path in paths
        for token in ("", "0" * 32)
    }

    assert paths >= {
        "/endpoints/1",
        "/deliveries/1",
        "/deliveries/replay",
        "/settings/token",
        "/sign-in",
        "/password",
    }
    assert {place: page.status for place, page in told.items()} == dict.fromkeys(told, 403)
    assert all("not from this site" in page.seen for page in told.values())


def test_the_query_of_what_was_asked_for_is_kept_for_after_signing_in():
    nobody = Visitor(0)

    page = nobody.get("/deliveries?status=failed&since=2026-01-01T10:00")
    form = nobody.get(page.headers["Location"])

    asked = "/deliveries?status=failed&amp;since=2026-01-01T10%3A00"
    assert f'<input type="hidden" name="then" value="{asked}">' in form.text


def test_signing_in_leads_to_the_page_that_was_asked_for_and_to_no_other_site():
    nobody = Visitor(0)
    credentials = {"username": "admin", "password": PASSWORD}

    to = [
        nobody.post("/sign-in", **credentials, then=then).headers["Location"]
        for then in (
            "/deliveries?status=failed&days=7",
            "//evil.example/",
            "https://evil.example/",
            "/\\evil.example",
            "/boards/☃",
            "",
        )
    ]

    assert to == ["/deliveries?status=failed&days=7", *["/boards"] * 5]


def test_the_cookie_is_for_this_taskhook_alone_and_secure_on_https():
    plain = open_address("GET", "/sign-in", {})
    own_host = open_address("GET", "/sign-in", HTTPS)
    below = open_address("GET", "/sign-in", HTTPS, stage="/api")

    said = [_told(page) for page in (plain, own_host, below)]
    assert said == [
        "taskhook=; Path=/; Max-Age=12 h; HttpOnly; SameSite=Lax",
        "__Host-taskhook=; Path=/; Max-Age=12 h; HttpOnly; SameSite=Lax; Secure",
        "taskhook=; Path=/api; Max-Age=12 h; HttpOnly; SameSite=Lax; Secure",
    ]


def _told(page):
    return re.sub(
        r"=[^;]+; Path", "=; Path", re.sub(r"43199|43200", "12 h", page.headers["Set-Cookie"])
    )


def test_a_browser_is_told_on_https_alone_to_use_nothing_else():
    pages = [
        open_address("GET", path, headers)
        for path in ("/sign-in", "/boards")
        for headers in ({}, HTTPS)
    ]

    assert [page.headers.get("Strict-Transport-Security") for page in pages] == [
        None,
        "max-age=31536000",
    ] * 2


def test_a_plain_cookie_counts_for_nothing_where_a_host_cookie_is_set_and_is_ended(admin):
    page = open_address("GET", "/settings", HTTPS | admin.headers)

    own, ended = page.headers["Set-Cookie"]
    assert led_to(page) == (303, "/sign-in?then=%2Fsettings")
    assert own.startswith("__Host-taskhook=")
    assert ended == "taskhook=; Path=/; Max-Age=0; HttpOnly; Secure"


def test_a_host_cookie_keeps_somebody_signed_in(admin):
    cookie = session.cookie(admin.session, path="/", is_secure=True)

    page = open_address("GET", "/settings", HTTPS | {"cookie": cookie_of(cookie)})

    assert (page.status, page.headers["Set-Cookie"].partition("=")[0]) == (200, "__Host-taskhook")


def test_signing_in_makes_the_browser_a_known_one_for_a_year():
    nobody = Visitor(0)

    page = nobody.post("/sign-in", username="admin", password=PASSWORD)

    _, device = page.headers["Set-Cookie"]
    assert re.sub("=[^;]+", "=", device, count=1) == (
        "taskhook-device=; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"
    )


def test_the_api_token_is_no_password_of_a_page():
    page = Visitor(0).post("/sign-in", username="jsonrpc", password="the-api-token")

    assert "is wrong" in page.seen
    assert page.status == 401


def test_a_first_password_must_be_changed_or_kept():
    users.get_user(1).change({"has_first_password": True})
    admin = Visitor(1)

    before = [admin.get(path).headers["Location"] for path in ("/settings", "/boards", "/tasks/1")]
    kept = admin.post("/password", keep="yes")

    assert (before, kept.headers["Location"]) == (["/password"] * 3, "/boards")
    assert Visitor(1).get("/settings").status == 200


def test_a_new_password_ends_every_other_session(admin):
    other = Visitor(1)

    changed = admin.post("/password", old=PASSWORD, new="another one")

    assert (changed.status, changed.headers["Location"]) == (303, "/boards?done=password")
    assert other.get("/settings").headers["Location"].startswith("/sign-in")


def test_the_old_password_must_be_known(admin):
    page = admin.post("/password", old="guess", new="another one")

    assert "is wrong" in page.seen
    assert page.status == 400


def test_a_session_of_somebody_who_is_disabled_is_none(user):
    users.set_active(2, is_active=False)

    assert user.get("/boards").status == 303


@pytest.mark.parametrize(
    "cookie", ["", "taskhook=", "taskhook=x.y.z", "taskhook=eyJ1c2VyIjoxfQ.a.b", "; ; ="]
)
def test_a_cookie_that_is_not_ours_is_nobodys(cookie):
    assert open_address("GET", "/settings", {"cookie": cookie}).status == 303


def test_what_another_application_keeps_in_cookies_does_not_matter(admin):
    beside = {"cookie": 'prefs={"a":1}; ' + admin.headers["cookie"] + "; x=y"}

    assert open_address("GET", "/settings", beside).status == 200


def test_a_session_that_begins_takes_nothing_over_from_the_one_before():
    nobody = Visitor(0)

    page = nobody.post("/sign-in", username="admin", password=PASSWORD)

    held = {"cookie": cookie_of(page.headers["Set-Cookie"])}
    fields = {"csrf_token": nobody.session.csrf_token, "name": "x"}
    forged = open_address("POST", "/projects", held | {"content-type": FORM}, urlencode(fields))
    assert (page.status, forged.status, len(projects.list_projects())) == (303, 403, 1)


def test_signing_out_ends_a_cookie_that_was_copied(admin):
    stolen = dict(admin.headers)

    page = admin.post("/sign-out")

    assert led_to(page) == (303, "/sign-in?done=out")
    assert open_address("GET", "/settings", stolen).status == 303
    assert int(access.sign_in_user("admin", PASSWORD, Origin(HERE)).id) == 1


def test_signing_out_ends_no_session_of_another(admin, user):
    user.post("/sign-out")

    assert (admin.get("/settings").status, user.get("/boards").status) == (200, 303)
    assert Visitor(2).get("/projects").status == 200


def test_signing_out_after_having_been_removed_makes_no_row(user):
    removed = users.get_user(user.session.user.id)
    users.remove_user(2)

    users.sign_out(removed)

    assert [int(row.id) for row in users.list_users()] == [1]


def test_a_session_ends_12_hours_after_it_began_however_often_it_is_used(admin):
    def at_page(seconds_ago):
        old = admin.session._replace(began_at=int(time.time()) - seconds_ago)
        held = {"cookie": cookie_of(session.cookie(old, path="/", is_secure=False))}
        return open_address("GET", "/settings", held)

    early, late = at_page(12 * 3600 - 60), at_page(12 * 3600)
    again = open_address("GET", "/settings", {"cookie": cookie_of(early.headers["Set-Cookie"])})

    assert (early.status, late.status, again.status) == (200, 303, 200)
    for page in (early, again):
        assert int(re.findall(r"Max-Age=(\d+)", page.headers["Set-Cookie"])[0]) <= 60
