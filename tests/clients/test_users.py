"""Users."""

import pytest

from tests.clients.conftest import PASSWORD, error_answer
from tests.support import documented

pytestmark = pytest.mark.xdist_group("clients")

ADMIN = documented.user(1, "admin", role="app-admin", is_admin="1")


def test_a_user_is_created_with_all_that_can_be_said(application, person):
    number = application.create_user(
        username="bob", password=PASSWORD, name="Bob", email="bob@example.com", role="app-manager"
    )

    shown = application.get_user(user_id=number), application.get_user_by_name(username="bob")
    listed = application.get_all_users()
    application.remove_user(user_id=number)
    bob = documented.user(number, "bob", name="Bob", email="bob@example.com", role="app-manager")
    assert shown == (bob, bob)
    assert listed == [ADMIN, documented.user(person.id, person.name), bob]


def test_a_user_is_changed(administrator, person):
    changed = administrator.update_user(
        id=person.id,
        username=f"new{person.id}",
        name="New",
        email="new@example.com",
        role="app-manager",
    )

    new = documented.user(
        person.id, f"new{person.id}", name="New", email="new@example.com", role="app-manager"
    )
    assert changed is True
    assert administrator.get_user(user_id=person.id) == new
    assert administrator.get_user_by_name(username=person.name) is None


def test_a_user_who_is_disabled_cannot_sign_in(application, person):
    disabled, active = (
        application.disable_user(user_id=person.id),
        application.is_active_user(user_id=person.id),
    )

    with error_answer("401"):
        person.client.get_me()
    assert (disabled, active) == (True, False)
    assert application.get_user(user_id=person.id) == documented.user(
        person.id, person.name, is_active=0
    )


def test_a_user_who_is_enabled_can_sign_in_again(application, person):
    application.disable_user(user_id=person.id)

    enabled, active = (
        application.enable_user(user_id=person.id),
        application.is_active_user(user_id=person.id),
    )

    assert (enabled, active) == (True, True)
    assert person.client.get_me()["username"] == person.name


def test_what_a_removed_user_had_is_nobodys(application, board, person):
    application.add_project_user(project_id=board.id, user_id=person.id)
    task = application.create_task(title="Write", project_id=board.id, owner_id=person.id)

    removed = application.remove_user(user_id=person.id)

    left = (
        application.get_user(user_id=person.id),
        application.get_project_users(project_id=board.id),
    )
    assert (removed, left) == (True, (None, {}))
    assert application.get_task(task_id=task)["owner_id"] == "0"


def test_users_that_cannot_be_are_refused(application, person):
    answers = [
        application.create_user(username="admin", password=PASSWORD),
        application.create_user(username="bob", password="short"),
        application.create_user(username="bob", password=PASSWORD, role="king"),
        application.update_user(id=person.id, username="admin"),
        application.update_user(id=999, name="Nobody"),
        application.disable_user(user_id=1),
        application.remove_user(user_id=1),
        application.enable_user(user_id=999),
        application.is_active_user(user_id=999),
    ]

    assert answers == [False] * 9
    assert application.get_all_users() == [ADMIN, documented.user(person.id, person.name)]


def test_a_user_may_not_see_or_create_users(person):
    for call in (
        person.client.get_all_users,
        lambda: person.client.create_user(username="bob", password=PASSWORD),
    ):
        with error_answer("403"):
            call()
