"""Names and passwords that look alike are alike, however a keyboard or a program spells them."""

import base64
from unicodedata import normalize

import pytest
import requests

from chalicelib.adapters.dynamodb.tables import Claim, User
from chalicelib.domain.errors import Refused
from chalicelib.services.accounts import passwords, users
from tests.support.http_calls import basic, result, sign_up
from tests.support.page_visits import Visitor
from tests.web.jsonrpc.test_credentials import REFUSED, ask
from tests.web.jsonrpc.test_wrong_passwords import hashed  # noqa: F401 -- a fixture

pytestmark = pytest.mark.usefixtures("cloud")

NAME, PASSWORD = "Zoë", "Grüße, Ångström"
NFD_NAME, NFD_PASSWORD = normalize("NFD", NAME), normalize("NFD", PASSWORD)


def latin_1(username, password):
    """Return the header as programs send it that know no UTF-8."""
    return {
        "Authorization": "Basic "
        + base64.b64encode(f"{username}:{password}".encode("latin-1")).decode()
    }


@pytest.mark.parametrize(("name", "password"), [(NAME, PASSWORD), (NFD_NAME, NFD_PASSWORD)])
def test_a_name_and_a_password_serve_in_both_spellings_whichever_they_were_given_in(name, password):
    user = users.add_user(name, password)

    asked = [
        ask(basic(*said)).status
        for said in ((NAME, PASSWORD), (NFD_NAME, NFD_PASSWORD), (NAME, "Gruße"))
    ]
    page = Visitor(0).post("/sign-in", username=NFD_NAME, password=NFD_PASSWORD)

    assert (user.username, asked, page.status) == (NAME, [200, 200, 401], 303)


def test_a_new_password_serves_in_both_spellings():
    users.add_user("ada", "secret")

    users.set_password("ada", NFD_PASSWORD)

    assert [ask(basic("ada", text)).status for text in (PASSWORD, NFD_PASSWORD)] == [200, 200]


def test_a_password_that_an_earlier_release_has_hashed_as_it_was_given_still_serves():
    sign_up("ada", NFD_PASSWORD)

    assert [ask(basic("ada", text)).status for text in (NFD_PASSWORD, PASSWORD)] == [200, 401]


def test_a_user_of_an_earlier_release_whose_name_is_not_nfc_is_found_and_not_added_again():
    sign_up("plain", PASSWORD)
    Claim(id="username:plain").delete()
    User(2).update(actions=[User.username.set(NFD_NAME)])
    Claim(id=f"username:{NFD_NAME}", owner=2).save()
    users.CACHE.forget()

    assert [ask(basic(text, PASSWORD)).status for text in (NAME, NFD_NAME)] == [200, 200]
    with pytest.raises(Refused, match="^username: is taken$"):
        users.add_user(NAME)
    assert users.update_user(2, username=NFD_NAME).username == NAME
    assert [claim.id for claim in Claim.scan(Claim.owner == 2)] == [f"username:{NAME}"]


def test_a_name_in_another_spelling_is_taken():
    users.add_user(NAME)

    for name in (NAME, NFD_NAME):
        with pytest.raises(Refused, match="^username: is taken$"):
            users.add_user(name)


def test_a_wrong_password_is_hashed_twice_at_most_and_one_of_any_length_is_not_normalized(hashed):  # noqa: F811
    sign_up("ada")
    del hashed[:]

    for password in ("wrong!", PASSWORD, NFD_PASSWORD, "e\u0301" * 1000):
        ask(basic("ada", password))

    assert hashed == ["wrong!", PASSWORD, PASSWORD, NFD_PASSWORD, "e\u0301" * 1000]


def test_nobody_costs_two_hashes_where_somebody_does(hashed):  # noqa: F811
    ask(basic("nobody", NFD_PASSWORD))

    assert hashed == [PASSWORD, NFD_PASSWORD]


@pytest.mark.parametrize(
    "headers", [basic(NAME, PASSWORD), latin_1(NAME, PASSWORD)], ids=["UTF-8", "Latin-1"]
)
def test_credentials_that_are_no_utf_8_are_read_as_latin_1(headers):
    users.add_user(NAME, PASSWORD)

    assert result("getMe", headers=headers)["username"] == NAME


def test_the_credentials_that_requests_sends_are_read():
    users.add_user(NAME, PASSWORD)
    request = requests.Request("POST", "http://127.0.0.1/", auth=(NAME, PASSWORD)).prepare()

    assert ask({"Authorization": request.headers["Authorization"]}).status == 200


def test_bytes_that_no_user_has_are_refused_as_any_others_are():
    assert ask(latin_1("admin", "ÿ")) == REFUSED


def test_a_search_finds_the_assignee_in_both_spellings():
    users.add_user(NAME)
    result("createTask", {"project_id": 1, "title": "x", "owner_id": 2})

    found = [
        result("searchTasks", {"project_id": 1, "query": f"assignee:{text}"})
        for text in (NAME, NFD_NAME)
    ]

    assert [[task["title"] for task in tasks] for tasks in found] == [["x"], ["x"]]


def test_wrong_passwords_in_one_spelling_of_a_name_count_for_the_other():
    users.add_user(NAME, PASSWORD)
    passwords.forget()

    for number in range(10):
        ask(basic((NAME, NFD_NAME)[number % 2], "wrong!"))

    assert "Too many" in ask(basic(NAME, PASSWORD)).text
