"""Users: added, found, changed, disabled, removed; one administrator is always left."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.adapters.dynamodb.store import ConditionFailed
from chalicelib.adapters.dynamodb.tables import User
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.services.accounts import passwords, users
from tests.support.cloud import PASSWORD

pytestmark = pytest.mark.usefixtures("cloud")


def test_a_user_is_found_by_name():
    added = users.add_user("ada", "secret", name="Ada")

    found = users.find_user("ada")
    assert found.attribute_values == added.attribute_values
    assert (found.id, found.name, found.role, found.is_active) == (2, "Ada", "user", True)
    assert passwords.matches("secret", found.password_hash)
    assert [user.username for user in users.list_users()] == ["admin", "ada"]


def test_a_user_without_a_password_cannot_sign_in():
    assert users.add_user("ada").password_hash == ""


@pytest.mark.parametrize(
    ("username", "role", "reasons"),
    [
        ("", "user", {"username": "takes 1 to 50 characters"}),
        (" ", "user", {"username": "takes 1 to 50 characters"}),
        ("x" * 51, "user", {"username": "takes 1 to 50 characters"}),
        ("admin", "user", {"username": "is taken"}),
        ("ada", "queen", {"role": "takes one of administrator, manager, user"}),
    ],
)
def test_a_user_that_cannot_be_is_refused(username, role, reasons):
    with pytest.raises(Refused) as refusal:
        users.add_user(username, role=role)

    assert refusal.value.reasons == reasons
    assert [user.username for user in users.list_users()] == ["admin"]


def test_two_that_take_a_name_at_the_same_moment_are_one():
    def add(_):
        try:
            return users.add_user("ada").username
        except Refused as refusal:
            return str(refusal)

    with ThreadPoolExecutor(2) as threads:
        answers = sorted(threads.map(add, range(2)))

    assert answers == ["ada", "username: is taken"]


def test_a_new_password_replaces_the_old_one():
    users.add_user("ada", "the old one")

    users.set_password("ada", "the new one")

    hashed = users.find_user("ada").password_hash
    assert [passwords.matches(text, hashed) for text in ("the new one", "the old one")] == [
        True,
        False,
    ]


@pytest.mark.parametrize("password", ["", "short", "x" * 1001])
def test_a_password_that_is_too_short_or_too_long_is_refused(password):
    with pytest.raises(Refused, match="^password: takes 6 to 1000 characters$"):
        users.set_password("admin", password)

    assert passwords.matches(PASSWORD, users.find_user("admin").password_hash)


def test_a_disabled_user_is_kept_but_not_active():
    users.add_user("ada")

    users.disable_user("ada")

    assert not users.find_user("ada").is_active


@pytest.mark.parametrize(
    "verb",
    [
        lambda: users.disable_user("admin"),
        lambda: users.update_user(1, role="manager"),
        lambda: users.remove_user(1),
    ],
    ids=["disable", "demote", "remove"],
)
def test_the_last_administrator_stays_one(verb):
    users.set_active(int(users.add_user("ada", role="administrator").id), is_active=False)
    users.add_user("bob", role="manager")

    with pytest.raises(Refused, match="^user_id: is the last administrator$"):
        verb()

    admin = users.find_user("admin")
    assert (admin.role, admin.is_active) == ("administrator", True)


def test_one_of_two_administrators_may_go():
    users.add_user("ada", role="administrator")

    users.remove_user(1)

    assert [user.username for user in users.list_users()] == ["ada"]


def test_a_user_is_changed_and_the_old_username_is_free_again():
    ada = users.add_user("ada", name="Ada")

    changed = users.update_user(
        int(ada.id), username="countess", email="ada@example.com", role="manager"
    )

    assert changed.attribute_values == ada.attribute_values | {
        "username": "countess",
        "email": "ada@example.com",
        "role": "manager",
    }
    assert users.find_user("countess").id == ada.id
    assert users.add_user("ada").id == 3


def test_a_username_that_is_taken_is_not_given_again():
    ada = users.add_user("ada")

    with pytest.raises(Refused, match="^username: is taken$"):
        users.update_user(int(ada.id), username="admin")

    assert [user.username for user in users.list_users()] == ["admin", "ada"]


@pytest.mark.parametrize(
    "verb",
    [users.find_user, users.disable_user, lambda name: users.set_password(name, "a new password")],
)
def test_nobody_is_found_by_a_name_that_is_not_there(verb):
    with pytest.raises(NotFound, match="^there is no user nobody$"):
        verb("nobody")


def test_of_two_who_change_the_same_of_a_user_one_is_told():
    seen_by_one, seen_by_other = users.add_user("ada"), users.find_user("ada")
    seen_by_one.change({"email": "one@example.com"})

    with pytest.raises(ConditionFailed):
        seen_by_other.change({"email": "other@example.com"})
    seen_by_other.change({"name": "Ada"})

    ada = users.find_user("ada")
    assert (ada.name, ada.email) == ("Ada", "one@example.com")


def test_a_user_that_was_changed_just_so_by_another_is_changed_without_complaint():
    users.add_user("ada")

    def change_meanwhile(_):
        users.get_user(2).change({"name": "Ada"})

    assert users.update_user(2, name="Ada", check=change_meanwhile).name == "Ada"


def test_a_row_that_was_made_by_hand_without_a_name_is_given_one():
    users.add_user("ada").update(actions=[User.name.remove(), User.email.remove()])

    assert users.update_user(2, name="Ada").name == "Ada"
