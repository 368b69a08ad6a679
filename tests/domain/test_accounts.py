"""Roles, usernames, passwords, and how long wrong ones make an account wait."""

import pytest

from chalicelib.domain import accounts
from chalicelib.domain.errors import Refused


def reason(read, *arguments):
    with pytest.raises(Refused) as refusal:
        read(*arguments)
    return refusal.value.reasons


@pytest.mark.parametrize("roles", [accounts.ROLES, accounts.PROJECT_ROLES])
def test_a_role_is_as_mighty_as_itself_and_those_after_it(roles):
    mighty = {
        wanted: [role for role in roles if accounts.at_least(role, wanted)] for wanted in roles
    }

    first, second, third = roles
    assert mighty == {first: [first], second: [first, second], third: [first, second, third]}


@pytest.mark.parametrize(
    ("role", "wanted"),
    [
        (None, "user"),
        (None, "project-viewer"),
        ("", "user"),
        ("queen", "user"),
        ("administrator", "project-viewer"),
        ("project-manager", "user"),
        ("administrator", "queen"),
    ],
)
def test_no_role_and_one_of_another_kind_allow_nothing(role, wanted):
    assert not accounts.at_least(role, wanted)


def test_a_role_is_read_by_its_name():
    assert [accounts.read_role(role, accounts.ROLES) for role in accounts.ROLES] == [
        "administrator",
        "manager",
        "user",
    ]


@pytest.mark.parametrize("text", ["", "queen", "User", "project-member"])
def test_an_unknown_role_is_refused(text):
    assert reason(accounts.read_role, text, accounts.ROLES) == {
        "role": "takes one of administrator, manager, user"
    }


@pytest.mark.parametrize("text", ["a", "Ada Lovelace", "ada@example.com", "Größe", "x" * 50])
def test_a_username_of_1_to_50_characters_is_kept_as_given(text):
    assert accounts.read_username(text) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "takes 1 to 50 characters"),
        (" \t", "takes 1 to 50 characters"),
        ("x" * 51, "takes 1 to 50 characters"),
        ("a:b", "must not contain a colon or unprintable characters"),
        ("a\nb", "must not contain a colon or unprintable characters"),
        ("a\0", "must not contain a colon or unprintable characters"),
        ("\ud800", "must not contain a colon or unprintable characters"),
        ("jsonrpc", "jsonrpc is reserved for the API token"),
    ],
)
def test_a_username_that_http_basic_cannot_carry_is_refused(text, told):
    assert reason(accounts.read_username, text) == {"username": told}


@pytest.mark.parametrize("text", ["123456", " " * 6, "x" * 1000, "\N{PILE OF POO}" * 6])
def test_a_password_of_6_to_1000_characters_is_kept_as_given(text):
    assert accounts.read_password(text) == text


@pytest.mark.parametrize("text", ["", "12345", "x" * 1001])
def test_a_password_that_is_too_short_or_too_long_is_refused(text):
    assert reason(accounts.read_password, text) == {"password": "takes 6 to 1000 characters"}


@pytest.mark.parametrize(
    ("wrong_passwords", "pause"),
    [(0, 0), (1, 0), (9, 0), (10, 1), (11, 2), (12, 4), (15, 32), (16, 60), (17, 60), (10**9, 60)],
)
def test_the_pause_after_ten_wrong_passwords_doubles_up_to_a_minute(wrong_passwords, pause):
    assert accounts.wait_after(wrong_passwords, 0) == pause


@pytest.mark.parametrize(("since_last", "wait"), [(0, 4), (1.5, 2.5), (4, 0), (1000, 0)])
def test_the_time_since_the_last_wrong_password_counts(since_last, wait):
    assert accounts.wait_after(12, since_last) == wait


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1:ffff::1", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unknown", "unknown"),
    ],
)
def test_an_address_counts_with_what_its_owner_can_vary(address, network):
    assert accounts.network_of(address) == network


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted_proxies", "address"),
    [
        ("10.0.0.1", "claimed, 192.0.2.1", 0, "10.0.0.1"),
        ("10.0.0.1", "claimed, 192.0.2.1", 1, "192.0.2.1"),
        ("10.0.0.1", "claimed, 192.0.2.1, 10.0.0.1", 1, "192.0.2.1"),
        ("10.0.0.1", "claimed, 192.0.2.1,10.0.0.2", 2, "192.0.2.1"),
        ("10.0.0.1", "192.0.2.1", 5, "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1", 1, "192.0.2.1"),
    ],
)
def test_the_callers_address_is_what_the_outermost_trusted_proxy_names(
    peer, forwarded, trusted_proxies, address
):
    assert accounts.client_address(peer, forwarded.split(","), trusted_proxies) == address
