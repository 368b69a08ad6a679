"""Personal API tokens: made on a page, good for the API alone, and kept as a digest."""

import re
import time

import pytest

from chalicelib.adapters.dynamodb.store import ConditionFailed
from chalicelib.adapters.dynamodb.tables import ApiToken, User
from chalicelib.domain.errors import Refused
from chalicelib.services.accounts import tokens, users
from tests.support.aws_faults import listening
from tests.support.http_calls import basic, result, rpc, sign_up
from tests.support.page_visits import Visitor
from tests.web.jsonrpc.test_credentials import REFUSED, ask

pytestmark = pytest.mark.usefixtures("cloud")


@pytest.fixture
def ada(cloud):  # noqa: ARG001
    sign_up("ada")
    return Visitor(2)


def make(visitor, name="CI"):
    """Make a token on the page and return it as it is shown."""
    page = visitor.post("/tokens", do="add", name=name)
    assert page.status == 200, page.seen
    [token] = re.findall(r'<output class="secret" id="token">(.*?)</output>', page.text)
    return token


def kept(user_id=2):
    return users.get_user(user_id).api_tokens


def test_a_token_serves_in_place_of_the_password_over_the_api(ada):
    token = make(ada)

    assert result("getMe", headers=basic("ada", token))["username"] == "ada"
    assert re.fullmatch("taskhook_[0-9a-f]{48}", token)


def test_a_token_serves_nowhere_else(ada):
    token = make(ada)

    signed_in = Visitor(0).post("/sign-in", username="ada", password=token)
    as_old = ada.post("/password", old=token, new="another one")
    as_new = ada.post("/password", old="secret", new=token)
    others = [ask(basic(name, token)) for name in ("admin", "jsonrpc", "nobody", "")]

    assert [page.status for page in (signed_in, as_old, as_new)] == [401, 400, 400]
    assert others == [REFUSED] * 4


def test_a_token_is_shown_once_and_its_digest_alone_is_kept(ada):
    token = make(ada)

    later = ada.get("/tokens")
    row = User._get_connection().get_item("2")["Item"]

    assert token not in later.text
    assert token not in str(row)
    assert "CI" in later.seen
    assert [(one.name, len(one.digest), one.used_at) for one in kept()] == [("CI", 64, None)]


def test_a_revoked_token_serves_no_more_and_the_others_do(ada):
    first, second = make(ada, "first"), make(ada, "second")
    [digest] = [one.digest for one in kept() if one.name == "first"]

    asked = ada.post("/tokens", do="revoke", token=digest)
    still = ask(basic("ada", first)).status
    done = ada.post("/tokens", do="revoke", token=digest, sure="yes")

    assert (asked.status, still, done.headers["Location"]) == (200, 200, "/tokens?done=revoked")
    assert [ask(basic("ada", token)).status for token in (first, second)] == [401, 200]


def test_nobody_revokes_a_token_of_another(ada):
    make(ada)
    eve = Visitor(int(users.add_user("eve").id))

    eve.post("/tokens", do="revoke", token=kept()[0].digest, sure="yes")

    assert [one.name for one in kept()] == ["CI"]


def test_an_administrator_sees_and_revokes_the_tokens_of_a_user(ada):
    token, admin = make(ada, "deploy script"), Visitor(1)

    seen = admin.get("/users/2")
    admin.post("/users/2", do="revoke", sure="yes")

    assert "deploy script" in seen.seen
    assert token not in seen.text
    assert kept() == []
    assert ask(basic("ada", token)) == REFUSED


def test_the_tokens_of_a_disabled_user_do_not_serve_and_do_again_afterwards(ada):
    token = make(ada)

    users.set_active(2, is_active=False)
    while_disabled = ask(basic("ada", token))
    users.set_active(2, is_active=True)

    assert (while_disabled, ask(basic("ada", token)).status) == (REFUSED, 200)


def test_a_new_password_and_signing_out_leave_tokens_alone(ada):
    token = make(ada)

    users.set_password("ada", "a new password")
    users.sign_out(users.get_user(2))

    assert ask(basic("ada", token)).status == 200


@pytest.mark.parametrize("name", ["", " ", "x" * 51, "two\x00", "CI"])
def test_a_name_that_cannot_be_used_is_refused(ada, name):
    make(ada)

    page = ada.post("/tokens", do="add", name=name)

    assert (page.status, page.text.count('role="alert"'), len(kept())) == (400, 1, 1)


@pytest.mark.usefixtures("ada")
def test_a_user_has_at_most_twenty_tokens():
    for number in range(20):
        tokens.add_token(2, f"token {number}")

    with pytest.raises(
        Refused, match="^name: is one too many: you have 20 tokens, revoke one first$"
    ):
        tokens.add_token(2, "one more")
    assert len(kept()) == 20


def test_a_form_that_is_sent_twice_makes_one_token_and_shows_it_again(ada):
    own = ada.session.form_token()

    pages = [ada.post("/tokens", do="add", name="CI", csrf_token=own) for _ in range(2)]

    shown = [re.findall(r"taskhook_[0-9a-f]{48}", page.text)[0] for page in pages]
    assert shown[0] == shown[1]
    assert (len(kept()), ask(basic("ada", shown[1])).status) == (1, 200)


def test_a_form_that_is_sent_again_brings_no_revoked_token_back(ada):
    own = ada.session.form_token()
    page = ada.post("/tokens", do="add", name="CI", csrf_token=own)
    token = re.findall(r"taskhook_[0-9a-f]{48}", page.text)[0]
    ada.post("/tokens", do="revoke", token=kept()[0].digest, sure="yes")

    again = ada.post("/tokens", do="add", name="CI", csrf_token=own)

    assert "was created and then revoked" in again.seen
    assert (again.status, kept()) == (400, [])
    assert ask(basic("ada", token)) == REFUSED


@pytest.mark.usefixtures("caching")
def test_a_token_costs_no_scrypt_and_writes_its_use_once_an_hour(ada):
    token = make(ada)
    ask(basic("ada", "taskhook_" + "0" * 48))  # reads the users

    with listening() as calls:
        statuses = [ask(basic("ada", token)).status for _ in range(5)]

    assert statuses == [200] * 5
    assert [call.operation for call in calls] == ["UpdateItem"]
    assert 0 <= time.time() - kept()[0].used_at < 60


def test_the_last_use_is_written_again_after_an_hour(ada):
    token = make(ada)
    ask(basic("ada", token))
    user = users.get_user(2)
    user.api_tokens[0].used_at -= 3600
    user.replace_tokens(user.api_tokens, time.time())

    ask(basic("ada", token))

    assert 0 <= time.time() - kept()[0].used_at < 60
    assert re.search(r"CI( \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC){2} Revoke", ada.get("/tokens").seen)


@pytest.mark.usefixtures("ada", "caching")
def test_a_token_that_was_made_elsewhere_a_moment_ago_serves_at_once():
    users.CACHE.get()
    token = tokens._derive(2, "elsewhere")
    users.get_user(2).replace_tokens(
        [ApiToken(name="x", digest=tokens._digest(token), made_at=1)], time.time()
    )

    assert users.CACHE.get()[2].api_tokens == []
    assert ask(basic("ada", token)).status == 200


def test_wrong_tokens_lock_nobody_out(ada):
    token = make(ada)

    for _ in range(12):
        ask(basic("ada", "taskhook_" + "0" * 48))

    assert [ask(basic("ada", secret)).status for secret in (token, "secret")] == [200, 200]


def test_wrong_passwords_keep_no_token_out(ada):
    token = make(ada)

    for _ in range(12):
        ask(basic("ada", "wrong!"))

    assert ask(basic("ada", token)).status == 200


def test_two_who_change_the_tokens_at_the_same_moment_are_both_heard(ada):
    make(ada, "first")
    stale = users.get_user(2)
    tokens.add_token(2, "second")

    with pytest.raises(ConditionFailed):
        stale.replace_tokens([], time.time())

    assert [one.name for one in kept()] == ["first", "second"]


def test_a_token_of_a_removed_user_serves_no_more(ada):
    token = make(ada)

    users.remove_user(2)

    assert ask(basic("ada", token)) == REFUSED


def test_a_token_may_do_what_its_user_may_and_no_more(ada):
    token = make(ada)

    assert rpc("getAllUsers", headers=basic("ada", token)).status == 403


def test_who_has_not_signed_in_makes_no_token():
    page = Visitor(0).post("/tokens", do="add", name="x")

    assert (page.status, page.headers["Location"]) == (303, "/sign-in?then=%2F")
