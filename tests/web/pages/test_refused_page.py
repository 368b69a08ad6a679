"""The page of refused requests."""

import time

import pytest

from chalicelib.services.accounts import users
from tests.support.http_calls import add, call, sign_up
from tests.support.inbound import add_source, send
from tests.support.page_visits import Visitor


def test_without_a_refused_request_the_page_says_what_would_be_here(admin):
    page = admin.get("/requests")

    assert page.status == 200
    assert "No request was refused." in page.seen


@pytest.mark.usefixtures("cloud")
def test_a_user_sees_no_refused_requests():
    sign_up("ada")

    assert Visitor(int(users.find_user("ada").id)).get("/requests").status == 403


def test_a_refused_request_is_shown_with_reason_address_and_parameters(admin):
    headers = {"user-agent": "<b>Forms</b>/1.0"}

    add("Subject=%3Ci%3EHello", headers=headers, address="198.51.100.7")

    page = admin.get("/requests")
    for shown in (
        "400 title: is required",
        "GET /",
        "Subject=<i>Hello",
        "token=[hidden]",
        "198.51.100.7",
        "<b>Forms</b>/1.0",
    ):
        assert shown in page.seen
    assert "<b>Forms" not in page.text


def test_a_source_links_to_the_requests_that_were_refused_for_it(admin):
    add_source()
    send({}, query="token=wrong")
    call("controller=task&action=add")

    source = admin.get("/sources/ci")
    page = admin.get("/requests?source=ci")

    assert '/requests?source=ci">Refused requests</a>' in source.text
    assert "its proof is missing or wrong: the source takes its secret" in page.seen
    assert "token: is missing" not in page.seen
    assert "None of the last 200" in admin.get("/requests?source=other").seen


@pytest.mark.parametrize("path", ["/deliveries", "/settings", "/sources"])
def test_pages_where_somebody_looks_for_a_task_link_to_it(admin, path):
    assert '/requests">Refused requests</a>' in admin.get(path).text


def test_those_left_out_are_counted(admin, monkeypatch):
    for number in range(8):
        call(f"controller=task&action=add&token={number}")
    later = time.monotonic() + 12
    monkeypatch.setattr(time, "monotonic", lambda: later)

    call("controller=task&action=add")

    assert "3 more before it were not kept" in admin.get("/requests").seen
