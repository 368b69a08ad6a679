"""Users: added, found, renamed never, disabled."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.services import passwords, people

pytestmark = pytest.mark.usefixtures("cloud")


def test_a_user_is_found_by_name():
    added = people.add_user("ada", "secret", name="Ada")

    found = people.find_user("ada")
    assert found.attribute_values == added.attribute_values
    assert (found.id, found.name, found.role, found.is_active) == (2, "Ada", "user", True)
    assert passwords.matches("secret", found.password_hash)
    assert [user.username for user in people.list_users()] == ["admin", "ada"]


def test_a_user_without_a_password_cannot_sign_in():
    assert people.add_user("ada").password_hash == ""


@pytest.mark.parametrize(
    ("username", "role", "reasons"),
    [
        ("", "user", {"username": "takes 1 to 50 characters"}),
        (" ", "user", {"username": "takes 1 to 50 characters"}),
        ("x" * 51, "user", {"username": "takes 1 to 50 characters"}),
        ("admin", "user", {"username": "is taken"}),
        ("ada", "queen", {"role": "takes one of administrator, user"}),
    ],
)
def test_a_user_that_cannot_be_is_refused(username, role, reasons):
    with pytest.raises(Refused) as refusal:
        people.add_user(username, role=role)

    assert refusal.value.reasons == reasons
    assert [user.username for user in people.list_users()] == ["admin"]


def test_two_that_take_a_name_at_the_same_moment_are_one():
    def add(_):
        try:
            return people.add_user("ada").username
        except Refused as refusal:
            return str(refusal)

    with ThreadPoolExecutor(2) as threads:
        answers = sorted(threads.map(add, range(2)))

    assert answers == ["ada", "username: is taken"]


def test_a_new_password_replaces_the_old_one():
    people.add_user("ada", "old")

    people.set_password("ada", "new")

    hashed = people.find_user("ada").password_hash
    assert [passwords.matches(text, hashed) for text in ("new", "old")] == [True, False]


def test_an_empty_password_is_refused():
    with pytest.raises(Refused, match="^password: is required$"):
        people.set_password("admin", "")


def test_a_disabled_user_is_kept_but_not_active():
    people.disable_user("admin")

    assert not people.find_user("admin").is_active


@pytest.mark.parametrize("verb", [people.find_user, people.disable_user, lambda name: people.set_password(name, "x")])
def test_nobody_is_found_by_a_name_that_is_not_there(verb):
    with pytest.raises(NotFound, match="^there is no user nobody$"):
        verb("nobody")
