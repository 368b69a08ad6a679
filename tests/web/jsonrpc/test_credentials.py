"""Who asks: the application by its token, a user by the password; and what nobody is ever told."""

import base64

import pytest

from chalicelib.adapters.dynamodb.tables import Settings, User
from chalicelib.services.accounts import users
from tests.support.cloud import API_TOKEN, PASSWORD, TOKEN
from tests.support.every_procedure import TABLE, build
from tests.support.http_calls import ADMIN, APPLICATION, HERE, JSON, basic, result, rpc, sign_up
from tests.support.receivers import Inbox

pytestmark = pytest.mark.usefixtures("cloud")

CHALLENGE = {
    "Content-Type": JSON,
    "Cache-Control": "no-store",
    "WWW-Authenticate": 'Basic realm="Taskhook"',
}
NOT_AUTHORIZED = '{"jsonrpc":"2.0","id":null,"error":{"code":401,"message":"Not Authorized"}}'
REFUSED = (401, NOT_AUTHORIZED, CHALLENGE)


def ask(headers, address=HERE):
    return rpc("getTimezone", headers=headers, address=address)


def encoded(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def row(username="ada"):
    return users.find_user(username)


def test_the_application_and_users_are_told_apart():
    ada = sign_up("ada")

    assert [rpc("getMe", headers=headers).status for headers in (APPLICATION, ADMIN, ada)] == [
        403,
        200,
        200,
    ]
    assert [result("getMe", headers=headers)["username"] for headers in (ADMIN, ada)] == [
        "admin",
        "ada",
    ]


def test_the_credentials_may_stand_in_the_header_that_some_clients_use():
    value = encoded(f"jsonrpc:{API_TOKEN}")
    headers = [
        {"X-API-Auth": value},
        {"x-api-auth": f" {value} "},
        {"X-API-Auth": value, "Authorization": "Bearer x"},
    ]

    assert [ask(one).status for one in headers] == [200] * 3


def test_the_scheme_may_be_written_in_any_case():
    value = encoded(f"jsonrpc:{API_TOKEN}")

    assert [
        ask({"authorization": f"{scheme} {value}"}).status for scheme in ("basic", "BASIC")
    ] == [200, 200]


@pytest.mark.parametrize("password", ["colon:in:it", "pässwörd €", " blanks ", "\U0001f4a9" * 6])
def test_a_password_may_hold_anything(password):
    ada = sign_up("ada", password)

    assert result("getMe", headers=ada)["username"] == "ada"


def test_missing_wrong_and_garbled_credentials_are_refused():
    texts = [
        "",
        ":",
        "jsonrpc",
        "jsonrpc:",
        f"jsonrpc:{API_TOKEN}x",
        f"jsonrpc:{TOKEN}",
        f"JSONRPC:{API_TOKEN}",
    ]
    texts += [
        f"admin:{API_TOKEN}",
        "admin:",
        f":{PASSWORD}",
        f"ADMIN:{PASSWORD}",
        "\0:\0",
        "x" * 5000 + ":x",
    ]
    values = [encoded(text) for text in texts]
    values += ["%%%", encoded("a:b")[:-1], encoded(b"admin:\xff"), f"jsonrpc:{API_TOKEN}", "ä"]
    others = [
        {},
        {"Authorization": ""},
        {"Authorization": f"Bearer {API_TOKEN}"},
        {"X-API-Auth": "x"},
    ]

    answers = [
        ask(one) for one in [*({"Authorization": f"Basic {value}"} for value in values), *others]
    ]

    assert answers == [REFUSED] * len(answers)


def test_who_is_not_known_is_told_nothing_about_the_call():
    headers = basic("admin", "wrong!")

    assert [rpc(method, [1, 2, 3], headers) for method in ("foobar", "getTask")] == [REFUSED] * 2


def test_a_token_that_was_replaced_serves_no_more():
    assert ask(APPLICATION).status == 200

    Settings("settings").update(actions=[Settings.api_token.set("by-hand")])

    assert [ask(one).status for one in (APPLICATION, basic("jsonrpc", "by-hand"))] == [401, 200]


def test_a_disabled_or_removed_user_is_nobody_at_once():
    ada, eve = sign_up("ada"), sign_up("eve")
    assert [ask(ada).status, ask(eve).status] == [200, 200]

    users.disable_user("ada")
    users.remove_user(3)

    assert [ask(ada), ask(eve)] == [REFUSED] * 2


def test_a_new_password_ends_the_old_one_at_once():
    ada = sign_up("ada")
    assert ask(ada).status == 200

    users.set_password("ada", "the new one")

    assert [ask(ada).status, ask(basic("ada", "the new one")).status] == [401, 200]


def test_a_user_without_a_password_cannot_sign_in():
    users.add_user("ada")

    assert [ask(basic("ada", password)) for password in ("", "x")] == [REFUSED] * 2


@pytest.mark.parametrize(
    "by_hand",
    [
        "x",
        "secret",
        "a$b$c$d$e$f",
        "scrypt$3$1$1$c2FsdA==$eA==",
        "scrypt$2$1$1$!$eA==",
        f"scrypt${2**90}$8$1$$",
    ],
)
def test_what_is_no_hash_matches_no_password(by_hand):
    ada = sign_up("ada")

    row().update(actions=[User.password_hash.set(by_hand)])

    assert [ask(ada), ask(basic("ada", by_hand)), ask(ADMIN).status] == [REFUSED, REFUSED, 200]


def test_a_user_that_cannot_be_read_keeps_nobody_else_out(caplog):
    table = User._get_connection()
    table.put_item("9", attributes={"id": {"N": "9"}, "username": {"N": "9"}})

    statuses = [ask(ADMIN).status, ask(APPLICATION).status]

    assert statuses == [200, 200]
    assert "row_broken" in caplog.text


@pytest.mark.usefixtures("caching")
@pytest.mark.parametrize("caller", ["application", "administrator"])
def test_no_answer_of_any_procedure_holds_a_secret(cloud, caller):
    build(cloud)
    secret = "whsec_" + encoded(b"0123456789abcdef0123456789abcdef")
    headers = {"application": APPLICATION, "administrator": ADMIN}[caller]
    with Inbox(302) as inbox:
        inbox.answer_headers["Location"] = f"{inbox.url}?token={TOKEN}"
        endpoint_id = result("createEndpoint", {"url": inbox.url, "secret": secret})
        result("updateEndpoint", {"id": endpoint_id, "secret": secret.replace("M", "N", 1)})
        tested = rpc("testEndpoint", [endpoint_id], headers)

    said = str([tested, *(rpc(name, entry.parameters(), headers) for name, entry in TABLE.items())])

    said = said.replace("twofactor_secret", "")  # a key of Kanboard's, which is always null
    hidden = {
        TOKEN,
        API_TOKEN,
        PASSWORD,
        "secret",
        "whsec_",
        *(user.password_hash for user in User.scan()),
    } - {""}
    assert "a redirect to" in said
    assert {text for text in hidden if text in said} == set()
