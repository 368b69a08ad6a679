"""Forms of pages: read after the session, and refused where they hold what is no text."""

import json
import re

import pytest

import app
from chalicelib.services.accounts import users
from chalicelib.services.tasks import lifecycle
from tests.support.http_calls import FORM, JSON
from tests.support.page_visits import Visitor, open_address

pytestmark = pytest.mark.usefixtures("cloud")

HALVES = ['"name": "\\ud800"', '"\\udfff": "x"', '"username": "\\udc00", "password": "\\ud800"']
"""What JSON can spell and nobody can write down as UTF-8."""


def addresses(*, hook: bool = False) -> list[str]:
    """Return an address of every route that takes a form."""
    own = {"/", "/index.php", "/jsonrpc", "/jsonrpc.php", "/in/{source_id}"}
    routes = [
        path
        for path, methods in app.app.routes.items()
        if "POST" in methods and (hook or path not in own)
    ]
    return [re.sub(r"{\w+}", "1", path) for path in routes]


def test_half_a_surrogate_pair_is_refused_by_every_page():
    lifecycle.create_task({"title": "x"})
    admin = Visitor(1)
    csrf = f'"csrf_token": "{admin.session.csrf_token}"'

    pages = [
        open_address("POST", address, admin.headers | {"content-type": JSON}, f"{{{csrf}, {half}}}")
        for address in addresses()
        for half in HALVES
    ]

    assert len(pages) > 30
    assert {page.status for page in pages} == {400}
    assert all("must be valid UTF-8" in page.text and page.text.encode() for page in pages)


def test_half_a_surrogate_pair_in_a_part_of_a_form_is_refused_by_every_page():
    lifecycle.create_task({"title": "x"})
    admin = Visitor(1)
    headers = admin.headers | {"content-type": PARTS}
    token = (
        f"--edge\r\nContent-Disposition: form-data; "
        f'name="csrf_token"\r\n\r\n{admin.session.csrf_token}\r\n'
    )
    half = (
        '--edge\r\nContent-Disposition: form-data; name="name"\r\nContent-Type: text/plain; '
        "charset=utf-7\r\n\r\n+2AA-"
    )

    pages = [
        open_address("POST", address, headers, f"{token}{half}\r\n--edge--")
        for address in addresses()
    ]

    assert len(pages) > 10
    assert {page.status for page in pages} == {400}
    assert all("name: must be valid UTF-8" in page.seen for page in pages)


def test_what_cannot_be_read_of_a_form_is_refused_by_its_name():
    admin = Visitor(1)
    csrf = f'"csrf_token": "{admin.session.csrf_token}"'
    sent = [
        (JSON, f'{{{csrf}, "name": ["x"]}}'),
        (JSON, f'{{{csrf}, "name": NaN}}'),
        ("text/plain", "name=x"),
    ]

    pages = [
        open_address("POST", "/projects", admin.headers | {"content-type": kind}, body)
        for kind, body in sent
    ]

    assert [page.status for page in pages] == [400] * 3
    assert [
        "name: takes" in pages[0].seen,
        "is not JSON" in pages[1].seen,
        "is not read" in pages[2].seen,
    ] == [True] * 3


def test_a_form_of_nobody_is_not_read_before_nobody_is_sent_to_sign_in():
    unreadable = "x" * (3 * 1024 * 1024)

    pages = [
        open_address("POST", path, {"content-type": JSON}, unreadable)
        for path in ("/projects", "/tasks/1")
    ]

    assert {(page.status, page.headers["Location"]) for page in pages} == {
        (303, "/sign-in?then=%2F")
    }


def test_a_form_of_somebody_who_must_choose_a_password_is_not_read_before():
    users.add_user("new")
    users.set_password("new", "the-first-password")
    user = users.find_user("new")
    user.update(actions=[type(user).has_first_password.set(True)])
    users.CACHE.forget()

    page = open_address(
        "POST", "/projects", Visitor(int(user.id)).headers | {"content-type": JSON}, "x" * 3_000_000
    )

    assert (page.status, page.headers["Location"]) == (303, "/password")


PARTS = "multipart/form-data; boundary=edge"
PART = '--edge\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n'


@pytest.mark.parametrize(
    ("kind", "body", "status", "reason"),
    [
        (FORM, "x=" + "y" * 64 * 1024, 413, "takes at most 64 KB"),
        (FORM, "&".join(["x=y"] * 101), 400, "takes at most 100 fields"),
        (PARTS, PART * 101 + "--edge--", 400, "Maximum segment count exceeded"),
        (FORM, json.dumps({"username": "\ud800"}), 400, "must be valid UTF-8"),
    ],
    ids=["bytes", "fields", "parts", "no text"],
)
def test_a_form_of_somebody_who_signs_in_is_small(kind, body, status, reason):
    page = open_address("POST", "/sign-in", {"content-type": kind}, body)

    assert reason in page.seen
    assert page.status == status
