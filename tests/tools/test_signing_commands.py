"""`manage.py endpoint` with a key pair: the private half is printed on request alone."""

import pytest

from chalicelib.services.endpoints import endpoints, public_keys
from tests.tools.test_commands import URL, run

pytestmark = pytest.mark.usefixtures("cloud")


def public_key():
    return public_keys.public_key_of(endpoints.find_endpoint("ci").endpoint)


def private_key():
    return endpoints.find_endpoint("ci").endpoint.signing_key


def test_an_endpoint_with_a_key_pair_is_added_with_its_public_key_and_no_secret():
    added = run("endpoint", "add", URL, "--id", "ci", "--signing", "v1a")

    assert added["public_key"] == public_key()
    assert "secret" not in added


def test_a_change_to_a_key_pair_prints_the_public_key():
    run("endpoint", "add", URL, "--id", "ci")

    changed = run("endpoint", "change", "ci", "--signing", "v1a")
    renamed = run("endpoint", "change", "ci", "--name", "The wiki")
    back = run("endpoint", "change", "ci", "--signing", "")

    assert changed["public_key"] == public_keys._public(private_key())
    assert [set(row) & {"public_key", "secret"} for row in (renamed, back)] == [set(), set()]


def test_the_private_key_is_shown_on_request_alone():
    run("endpoint", "add", URL, "--id", "ci", "--signing", "v1a")

    shown, whole = run("endpoint", "show", "ci"), run("endpoint", "show", "ci", "--secrets")

    assert (shown["signing"], shown["public_key"]) == ("v1a", public_key())
    assert private_key() not in str(shown)
    assert whole["secret"] == private_key()


def test_a_rotation_prints_the_new_public_key():
    old = run("endpoint", "add", URL, "--id", "ci", "--signing", "v1a")["public_key"]

    rotated = run("endpoint", "rotate-secret", "ci")

    assert rotated == {"public_key": public_key()}
    assert rotated["public_key"] != old
