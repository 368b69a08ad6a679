"""Wrong passwords: what they cost, whom they slow down, and that none goes uncounted."""

import hashlib
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from pynamodb.expressions.operand import Path

from chalicelib.adapters.dynamodb.store import ConditionFailed
from chalicelib.adapters.dynamodb.tables import Tries
from chalicelib.domain import accounts
from chalicelib.domain.errors import NotAuthorized
from chalicelib.services.accounts import access, lockout, passwords, users
from chalicelib.services.accounts.lockout import Origin
from tests.support.aws_faults import wrong
from tests.support.cloud import PASSWORD
from tests.support.deliveries import edit
from tests.support.http_calls import ADMIN, APPLICATION, HERE, basic, sign_up
from tests.support.local_run import wait_until
from tests.web.jsonrpc.test_credentials import CHALLENGE, REFUSED, ask

pytestmark = pytest.mark.usefixtures("cloud")

WRONG = basic("ada", "wrong!")
ELSEWHERE = "198.51.100.7"


@pytest.fixture
def hashed(monkeypatch):
    """The passwords that are hashed, one after the other."""
    seen, scrypt = [], hashlib.scrypt

    def noting(password, **more):
        seen.append(password.decode())
        return scrypt(password, **more)

    monkeypatch.setattr(hashlib, "scrypt", noting)
    return seen


def counts(username="ada", address=HERE):
    return lockout.counts_of(username, Origin(address), is_known=False)


def tries(username="ada", address=HERE):
    """Return how many wrong passwords are counted from an address, and in all."""
    kept = counts(username, address)
    seen = Tries.seen(kept.row_id)
    return tuple(seen.get(name, 0) for name in kept.limits)


def let_pass(seconds, username="ada"):
    """Let time pass since the last wrong password, whatever it is counted in."""
    row_id = counts(username).row_id
    moved = {name: at - seconds for name, at in Tries.seen(row_id).items() if name.endswith("_at")}
    write(row_id, **moved)


def write(row_id, **fields):
    """Write counts of a row as they are wanted."""
    Tries._get_connection().update_item(
        row_id, actions=[Path(name).set(value) for name, value in fields.items()]
    )


def test_ten_wrong_passwords_slow_the_account_down_and_no_other():
    ada, eve = sign_up("ada"), sign_up("eve")

    answers = [ask(WRONG) for _ in range(10)]
    let_pass(-60)  # so that a slow machine does not sit the wait out
    slowed = ask(ada)

    assert answers == [REFUSED] * 10
    assert (slowed.status, slowed.headers) == (
        401,
        CHALLENGE | {"Retry-After": slowed.headers["Retry-After"]},
    )
    assert int(slowed.headers["Retry-After"]) in range(1, 62)
    assert (
        json.loads(slowed.text)["error"]["message"]
        == "Too many wrong passwords were tried on this account"
    )
    assert [ask(one).status for one in (eve, ADMIN, APPLICATION)] == [200] * 3


def test_the_right_password_serves_again_after_the_wait_and_forgets_the_wrong_ones():
    ada = sign_up("ada")
    for _ in range(10):
        ask(WRONG)

    let_pass(1)

    assert ask(ada).status == 200
    assert Tries.seen(counts().row_id).keys() == {"id", "expires_at"}


def test_each_wrong_password_after_the_tenth_doubles_the_wait_up_to_a_minute():
    waits = [
        accounts.wait_after(count, 0) for count in (0, 9, 10, 11, 12, 13, 14, 15, 16, 17, 10**9)
    ]

    assert waits == [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert [accounts.wait_after(12, since_last) for since_last in (1.5, 4, 1000)] == [2.5, 0, 0]


def test_a_wait_looks_at_no_password_and_counts_none(hashed):
    sign_up("ada")
    place, _ = counts().limits
    write(counts().row_id, **{place: 20, f"{place}_at": time.time()})
    del hashed[:]

    ask(WRONG)

    assert (hashed, tries()) == ([], (20, 0))


def test_who_is_signed_in_already_does_not_wait_for_those_who_guess():
    ada = sign_up("ada")
    assert ask(ada).status == 200

    for _ in range(11):
        ask(WRONG)

    assert ask(ada).status == 200


def test_who_guesses_is_not_let_in_by_what_the_process_remembers_of_somebody_else():
    ada = sign_up("ada")
    assert ask(ada).status == 200

    for _ in range(accounts.FREE_TRIES_IN_ALL):
        ask(WRONG, ELSEWHERE)
    let_pass(-60)  # so that a slow machine does not sit the wait out
    guessed, known = ask(ada, ELSEWHERE), ask(ada)

    assert "Retry-After" in guessed.headers
    assert (guessed.status, known.status) == (401, 200)


def test_nobody_costs_as_much_as_somebody(hashed):
    users.add_user("ada")

    for username in ("nobody", "ada", "admin", "x" * 5000):
        ask(basic(username, username[:9]))

    assert hashed == ["nobody", "ada", "admin", "x" * 9]


def test_a_right_password_is_hashed_once_by_each_process(hashed, monkeypatch):
    first = [ask(ADMIN).status for _ in range(3)]
    monkeypatch.setattr(passwords, "_matched", {})
    then = [ask(ADMIN).status for _ in range(3)]

    assert (first, then, hashed) == ([200] * 3, [200] * 3, [PASSWORD] * 2)


def test_a_wrong_password_is_hashed_each_time(hashed):
    sign_up("ada")
    del hashed[:]

    for _ in range(3):
        ask(WRONG)

    assert hashed == ["wrong!"] * 3


def sign_in(password):
    try:
        return access.sign_in("ada", password, Origin(HERE)).id
    except NotAuthorized:
        return None


def test_wrong_passwords_at_the_same_moment_are_all_counted():
    sign_up("ada")

    with ThreadPoolExecutor(8) as threads:
        ids = list(threads.map(sign_in, ["wrong!"] * 8))

    assert (ids, tries()) == ([None] * 8, (8, 8))


def test_right_passwords_at_the_same_moment_are_all_right():
    sign_up("ada")

    with ThreadPoolExecutor(8) as threads:
        ids = list(threads.map(sign_in, ["secret"] * 20))

    assert (ids, tries()) == ([2] * 20, (0, 0))


def test_two_processes_that_look_at_the_same_moment_are_both_counted_and_neither_comes_again():
    row_id, limits = counts()

    for _ in range(2):
        Tries.note(row_id, limits, {}, time.time())

    assert tries() == (2, 2)


def test_of_two_processes_that_look_at_a_slowed_account_one_must_come_again():
    row_id, limits = counts()
    place, _ = limits
    write(row_id, **{place: 10, f"{place}_at": 1})
    seen = Tries.seen(row_id)

    Tries.note(row_id, limits, seen, time.time())

    with pytest.raises(ConditionFailed):
        Tries.note(row_id, limits, seen, time.time())
    assert tries() == (11, 1)


@pytest.mark.parametrize("value", [{"S": "x"}, {"NULL": True}, {"SS": ["x"]}, {"M": {}}])
@pytest.mark.parametrize(("end", "counted"), [("", (1, 1)), ("_at", (21, 1))])
def test_a_count_that_was_edited_into_nonsense_begins_again(value, end, counted):
    sign_up("ada")
    place, _ = counts().limits
    write(counts().row_id, **{place: 20, f"{place}_at": 1})
    edit("settings", {"id": {"S": counts().row_id}}, **{place + end: value})

    assert (ask(WRONG), tries()) == (REFUSED, counted)


def test_a_time_to_come_that_was_written_by_hand_locks_nobody_out():
    ada = sign_up("ada")
    place, _ = counts().limits
    write(counts().row_id, **{place: 20, f"{place}_at": 9_999_999_999})

    assert ask(ada).status == 200


def test_who_guesses_while_the_store_is_slow_takes_nobodys_turn_to_be_hashed():
    users.add_user("one")
    slow, let_go = counts("one").row_id, threading.Event()

    def answer_late(go_on):
        let_go.wait(30)
        return go_on()

    with wrong("UpdateItem", answer_late, slow) as held, ThreadPoolExecutor(2) as threads:
        guesses = [
            threads.submit(ask, basic("one", "wrong!"), address)
            for address in (ELSEWHERE, "203.0.113.9")
        ]
        wait_until(lambda: len(held.calls) == passwords.AT_ONCE)
        known = ask(ADMIN).status
        let_go.set()

    assert (known, [guess.result().status for guess in guesses]) == (200, [401, 401])
