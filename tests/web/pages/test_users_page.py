"""The users pages: what a refused form shows again, and concurrent changes."""

import pytest

from chalicelib.adapters.dynamodb.store import ConditionFailed
from chalicelib.adapters.dynamodb.tables import User
from chalicelib.services.accounts import access, users
from chalicelib.services.accounts.lockout import Origin
from tests.support.http_calls import HERE
from tests.support.page_visits import Visitor

pytestmark = pytest.mark.usefixtures("cloud")


def test_what_was_written_stands_in_the_form_again(admin):
    users.add_user("bob")

    added = admin.post(
        "/users",
        username="admin",
        password="a password",
        name="Ada",
        email="ada@example.com",
        role="manager",
    )
    saved = admin.post(
        "/users/2",
        do="save",
        username="admin",
        name="Bob B.",
        email="b@example.com",
        role="manager",
    )

    for page, name in ((added, "Ada"), (saved, "Bob B.")):
        assert (page.status, page.text.count('role="alert"')) == (400, 1)
        assert 'aria-describedby="error-username"' in page.text
        assert f'value="{name}"' in page.text
        assert '<option value="manager" selected>' in page.text
    assert "a password" not in added.text


def test_the_last_administrator_is_named_where_it_must_stay(admin):
    page = admin.post("/users/1", do="disable")

    assert "admin is the last administrator" in page.seen
    assert page.status == 400


def test_a_new_password_lets_the_user_in(admin):
    users.add_user("bob")

    admin.post("/users/2", do="password", password="a new password")

    assert int(access.sign_in_user("bob", "a new password", Origin(HERE)).id) == 2


def test_what_another_has_just_changed_is_said_and_not_an_error_of_ours(admin, monkeypatch):
    users.add_user("bob")

    def change(*_, **__):
        raise ConditionFailed("it has just been changed by somebody else")

    monkeypatch.setattr(User, "change", change)
    page = admin.post("/users/2", do="save", username="rob", name="", email="", role="user")

    assert "bob has just been changed by somebody else" in page.seen
    assert page.status == 400


@pytest.mark.parametrize("do", ["save", "password", "disable", "remove"])
def test_a_user_who_is_no_administrator_changes_nobody(do):
    bob = Visitor(int(users.add_user("bob").id))

    page = bob.post("/users/1", do=do, username="x", password="a password", role="user")

    assert (page.status, users.get_user(1).username, users.get_user(1).is_active) == (
        403,
        "admin",
        True,
    )
