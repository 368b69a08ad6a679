"""Wrong passwords lock out the address that sends them, and nobody else who knows the right one."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.services.accounts import lockout, passwords, users
from chalicelib.services.accounts.lockout import Origin
from chalicelib.web import origins
from tests.support.aws_faults import listening
from tests.support.http_calls import basic, error, rpc, sign_up
from tests.support.page_visits import Visitor, cookie_of
from tests.web.jsonrpc.test_credentials import ask
from tests.web.jsonrpc.test_wrong_passwords import let_pass

pytestmark = pytest.mark.usefixtures("cloud")

ATTACKER, AWAY = "203.0.113.9", "198.51.100.7"
WRONG = basic("ada", "wrong!")


def sign_in(visitor, username="ada", *, password="secret", address=ATTACKER):  # noqa: S107 -- made up
    """Send the sign-in form from an address, with no remembered passwords."""
    passwords.forget()
    return visitor.post("/sign-in", source=address, username=username, password=password)


def a_known_browser(username="ada"):
    """Return a browser with which a user has signed in before, and out again."""
    browser = Visitor(0)
    page = sign_in(browser, username, address=AWAY)
    assert page.status == 303, page.seen
    _session, device = page.headers["Set-Cookie"]
    browser.headers["cookie"] += "; " + cookie_of(device)
    return browser


def ask_as(username, address):
    passwords.forget()
    return ask(basic(username, "secret"), address)


def lock_out(username="ada", address=ATTACKER):
    for _ in range(10):
        ask(basic(username, "wrong!"), address)
    let_pass(-60, username)  # so that a slow machine does not sit the wait out


def test_wrong_passwords_from_one_address_keep_nobody_out_who_is_elsewhere_or_known():
    sign_up("ada")
    browser, is_over = a_known_browser(), threading.Event()
    lock_out()

    def attack():
        while not is_over.is_set():
            ask(WRONG, ATTACKER)

    with ThreadPoolExecutor(2) as attackers:
        attacks = [attackers.submit(attack) for _ in range(2)]
        elsewhere = [ask_as("ada", AWAY).status for _ in range(30)]
        at_the_same_address = [sign_in(browser).status for _ in range(30)]
        is_over.set()
        refused = ask_as("ada", ATTACKER).status

    assert [attack.exception() for attack in attacks] == [None, None]
    assert (elsewhere, at_the_same_address, refused) == ([200] * 30, [303] * 30, 401)


def test_wrong_passwords_from_many_addresses_slow_strangers_down_and_no_known_browser():
    sign_up("ada")
    browser = a_known_browser()

    for number in range(100):
        lockout.count(lockout.counts_of("ada", Origin(f"203.0.113.{number}"), is_known=False))
    let_pass(-60)
    stranger = ask_as("ada", AWAY)

    assert "Retry-After" in stranger.headers
    assert stranger.status == 401
    assert sign_in(browser).status == 303


def test_a_known_browser_is_slowed_down_by_its_own_wrong_passwords_alone():
    sign_up("ada")
    browser, other = a_known_browser(), a_known_browser()

    tries = [sign_in(browser, password="wrong!").seen for _ in range(11)]

    assert ["Too many" in seen for seen in tries] == [False] * 10 + [True]
    assert (sign_in(other).status, ask_as("ada", ATTACKER).status) == (303, 200)


def test_a_browser_is_known_for_those_alone_who_have_signed_in_with_it():
    sign_up("ada")
    sign_up("eve")
    browser = a_known_browser("eve")
    lock_out()

    assert [sign_in(browser, username).status for username in ("ada", "eve")] == [401, 303]


def test_who_must_wait_is_not_told_that_the_old_password_is_wrong():
    sign_up("ada")
    ada = Visitor(2)

    for _ in range(10):
        ada.post("/password", source=ATTACKER, old="wrong!", new="another one")
    let_pass(-60)
    page = ada.post("/password", source=ATTACKER, old="secret", new="another one")

    assert "is wrong" not in page.seen
    assert page.status == 400
    assert "Too many wrong passwords were tried on this account; try again in" in page.seen


def test_a_browser_with_which_nobody_has_signed_in_for_a_year_is_a_stranger(monkeypatch):
    sign_up("ada")
    browser = a_known_browser()
    lock_out()

    known = sign_in(browser).status
    monkeypatch.setattr(origins, "LIFETIME", 0)

    assert (known, sign_in(browser).status) == (303, 401)


@pytest.mark.parametrize(
    "forged", ["x", "eyJkZXZpY2UiOiJ4IiwidXNlcnMiOlsyXSwiYXQiOjk5OTk5OTk5OTl9.sig", ""]
)
def test_a_device_cookie_that_is_not_ours_makes_nobody_known(forged):
    sign_up("ada")
    lock_out()
    browser = Visitor(0)
    browser.headers["cookie"] += "; taskhook-device=" + forged

    assert sign_in(browser).status == 401


@pytest.mark.usefixtures("caching")
def test_unknown_names_are_answered_as_known_ones_are():
    sign_up("ada")

    def tried(username):
        with listening() as calls:
            answers = [ask(basic(username, "wrong!"), ATTACKER) for _ in range(10)]
        let_pass(-60, username)  # so that a slow machine does not sit the wait out
        answers.append(ask(basic(username, "wrong!"), ATTACKER))
        said = [(one.status, one.text, sorted(one.headers)) for one in answers]
        return said, [call.operation for call in calls]

    tried("somebody")  # whoever is first reads the users and makes the key that signs cookies

    known, unknown = tried("ada"), tried("nobody")
    assert "Too many" in known[0][-1][1]
    assert (unknown, len(known[1])) == (known, 30)


def test_an_address_of_ipv6_counts_with_its_network():
    sign_up("ada")

    for number in range(10):
        ask(WRONG, f"2001:db8::{number:x}")
    let_pass(-60)

    statuses = [
        ask_as("ada", address).status for address in ("2001:db8::ffff:1", "2001:db8:0:1::1")
    ]
    assert statuses == [401, 200]


def test_what_a_caller_claims_of_its_address_does_not_matter():
    sign_up("ada")

    for number in range(10):
        ask(WRONG | {"x-forwarded-for": f"198.51.100.{number}"}, ATTACKER)
    let_pass(-60)

    assert (
        ask(basic("ada", "secret") | {"x-forwarded-for": "198.51.100.99"}, ATTACKER).status == 401
    )


@pytest.mark.usefixtures("caching")
def test_the_counts_of_all_names_and_addresses_are_bounded():
    counts = [
        lockout.counts_of(f"name{number}", Origin(f"10.0.{number}"), is_known=False)
        for number in range(20_000)
    ]

    rows = {count.row_id for count in counts}
    names = {name for count in counts for name in count.limits}

    assert (len(rows), len(names)) == (4096 - len(_unmet(rows)), 257)


def _unmet(rows):
    return {f"tries:{number:03x}" for number in range(4096)} - rows


@pytest.mark.usefixtures("caching")
def test_a_right_password_takes_four_calls_of_the_store_at_first_and_none_again():
    ada = sign_up("ada")
    users.CACHE.get()
    lockout.counts_of("ada", Origin(AWAY), is_known=False)

    with listening() as first:
        assert ask(ada, AWAY).status == 200
    users.CACHE.get()
    with listening() as again:
        assert ask(ada, AWAY).status == 200

    assert [call.operation for call in first] == ["UpdateItem", "GetItem", "GetItem", "UpdateItem"]
    assert again == []


@pytest.fixture
def scrypt(monkeypatch):
    """Scrypt that takes until `let_go`; `waiting` counts those inside."""
    return _SlowScrypt(monkeypatch)


class _SlowScrypt:
    def __init__(self, monkeypatch):
        self._scrypt = hashlib.scrypt
        self._gate = threading.Event()
        self._inside = threading.Semaphore(0)
        self.most = self.inside = 0
        monkeypatch.setattr(hashlib, "scrypt", self._slowly)

    def _slowly(self, *given, **more):
        self.inside += 1
        self.most = max(self.most, self.inside)
        self._inside.release()
        assert self._gate.wait(30)
        self.inside -= 1
        return self._scrypt(*given, **more)

    def wait_for(self, count):
        for _ in range(count):
            assert self._inside.acquire(timeout=30)

    def let_go(self):
        self._gate.set()


def test_of_many_passwords_at_once_two_are_looked_at_and_the_others_told_when_to_come_again(
    scrypt, monkeypatch
):
    users.add_user("ada")
    monkeypatch.setattr(passwords, "LONGEST_QUEUE", 0.05)

    with ThreadPoolExecutor(2) as threads:
        looked_at = [threads.submit(ask, basic(name, "wrong!"), AWAY) for name in ("ada", "nobody")]
        scrypt.wait_for(2)
        api = [ask(basic(f"name{number}", "wrong!"), AWAY) for number in range(3)]
        page = Visitor(0).post("/sign-in", username="eve", password="wrong!")
        scrypt.let_go()
        statuses = [one.result().status for one in looked_at]

    assert (statuses, scrypt.most) == ([401, 401], 2)
    reason = "Too many passwords are being checked right now"
    assert [(one.status, one.headers["Retry-After"]) for one in api] == [(503, "1")] * 3
    assert {error(one) for one in api} == {(503, reason)}
    assert (page.status, page.headers["Retry-After"]) == (503, "1")
    assert f"was not checked: {reason.lower()}" in page.seen


def test_a_password_that_was_not_looked_at_is_not_counted(scrypt, monkeypatch):
    monkeypatch.setattr(passwords, "LONGEST_QUEUE", 0.05)
    users.add_user("ada")

    with ThreadPoolExecutor(2) as threads:
        others = [threads.submit(ask, basic(name, "wrong!"), AWAY) for name in ("one", "two")]
        scrypt.wait_for(2)
        statuses = {ask(WRONG, ATTACKER).status for _ in range(12)}
        scrypt.let_go()
        [one.result() for one in others]

    assert (statuses, ask(WRONG, ATTACKER).text) == ({503}, ask(WRONG, AWAY).text)


def test_a_password_that_is_set_while_others_are_looked_at_is_told_to_come_again(
    monkeypatch, caplog
):
    monkeypatch.setattr(passwords, "LONGEST_QUEUE", 0.05)

    with passwords.turn(), passwords.turn():
        answer = rpc("createUser", {"username": "eve", "password": "secret"})

    assert error(answer) == (
        -32603,
        "Internal error: Too many passwords are being checked right now",
    )
    assert "rpc_failed" not in caplog.messages
