"""Pages of other sites that send to a source: by a script, or by a form."""

import json
from urllib.parse import urlencode

import pytest

from tests.support.http_calls import FORM
from tests.support.inbound import SECRET, add_source, came_of, outcome, payloads, send, tasks

SITE = "https://shop.example.com"
PAGE = {"content-type": FORM, "accept": "text/html,application/xhtml+xml", "origin": SITE}


@pytest.fixture(autouse=True)
def source(cloud):  # noqa: ARG001 -- the tables must be there first
    add_source("form", preset="form", origins=[SITE], redirect_to=f"{SITE}/thanks")


def post_form(source_id="form", query=f"token={SECRET}", headers=PAGE, **fields):
    return send(urlencode(fields, doseq=True), source_id, query=query, headers=headers)


def cors(answer):
    return {
        name: value for name, value in answer.headers.items() if name.startswith("Access-Control")
    }


def test_a_form_makes_a_task_and_leads_on():
    answer = post_form(subject="Where is my parcel?", message="It is late.", email="a@example.com")

    assert (answer.status, answer.headers["Location"]) == (303, f"{SITE}/thanks")
    [task] = tasks()
    assert (task.title, task.description) == (
        "Where is my parcel?",
        "It is late.\n\na@example.com",
    )


def test_a_form_leads_to_no_other_address():
    answer = post_form(subject="x", redirect_to="https://evil.example.com", _next="https://evil")

    assert answer.headers["Location"] == f"{SITE}/thanks"


def test_a_form_that_failed_says_why_on_a_page():
    add_source("strict", task={"title": "{{ payload.nothing }}"}, redirect_to=f"{SITE}/thanks")

    failed = post_form("strict", subject="x")
    stranger = post_form(query="token=wrong", subject="x")

    assert failed.status == 202
    assert "Title: is required" in failed.text
    assert failed.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Location" not in failed.headers
    assert stranger.status == 401
    assert "Not Authorized" in stranger.text


def test_a_form_without_an_address_to_lead_on_to_is_thanked():
    add_source("plain", preset="form", name="Contact <us>")

    answer = post_form("plain", subject="x")

    assert answer.status == 200
    assert "<title>Thank you · Contact &lt;us&gt;</title>" in answer.text
    assert '<header class="bar"><b>Contact &lt;us&gt;</b></header>' in answer.text
    assert "Go back in your browser" in answer.text
    assert 'src="' not in answer.text  # it needs no script, and nobody is signed in


def test_a_form_that_does_not_prove_itself_is_not_told_the_name_of_the_source():
    add_source("plain", preset="form", name="Contact us")

    pages = [post_form(name, query="token=wrong", subject="x").text for name in ("plain", "none")]

    assert pages[0] == pages[1]
    assert "<title>The form could not be accepted · Taskhook</title>" in pages[0]


@pytest.mark.parametrize("headers", [PAGE, {"content-type": FORM}])
def test_a_robot_that_fills_the_trap_is_answered_like_everybody_and_does_nothing(headers):
    good, trapped = (
        post_form(headers=headers, subject="x", _gotcha=value) for value in ("", "http://spam")
    )

    assert (trapped.status, trapped.headers.get("Location")) == (
        good.status,
        good.headers.get("Location"),
    )
    assert (len(tasks()), len(payloads())) == (1, 1)


def test_a_trap_that_stands_twice_in_a_form_and_is_empty_catches_nobody():
    post_form(subject="x", _gotcha=["", " "])
    post_form(subject="y", _gotcha=["", "http://spam"])

    assert [task.title for task in tasks()] == ["x"]


def test_a_page_of_another_origin_is_refused_and_who_sends_none_is_not_asked():
    other = post_form(headers=PAGE | {"origin": "https://evil.example.com"}, subject="x")
    none = post_form(headers={"content-type": FORM}, subject="x")

    assert (other.status, none.status) == (403, 200)
    assert cors(other) == {}
    assert len(tasks()) == 1


def test_a_script_of_a_known_origin_reads_the_answer_errors_too():
    headers = {"origin": SITE}

    good = send({"subject": "x"}, "form", headers=headers)
    wrong = send({"subject": "x"}, "form", headers=headers, query="token=wrong")

    assert came_of(good) == outcome(created=[1])
    assert wrong.status == 401
    for answer in (good, wrong):
        assert cors(answer)["Access-Control-Allow-Origin"] == SITE
        assert answer.headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [
        (SITE, True),
        ("https://shop.example.com.evil.com", False),
        ("http://shop.example.com", False),
        ("null", False),
    ],
)
def test_a_preflight_is_answered_for_the_known_origins_alone(origin, is_allowed):
    asked = {"origin": origin, "access-control-request-headers": "content-type,idempotency-key"}

    answer = send("", "form", query="", method="OPTIONS", headers=asked)

    assert answer.status == 204
    allowed = {
        "Access-Control-Allow-Origin": SITE,
        "Access-Control-Allow-Methods": "POST, PUT",
        "Access-Control-Allow-Headers": "content-type,idempotency-key",
        "Access-Control-Max-Age": "600",
        "Access-Control-Expose-Headers": "Idempotent-Replayed, Retry-After",
    }
    assert cors(answer) == (allowed if is_allowed else {})


def test_a_preflight_repeats_no_more_than_names_of_headers():
    asked = {"origin": SITE, "access-control-request-headers": "a\r\nset-cookie: x"}

    answer = send("", "form", query="", method="OPTIONS", headers=asked)

    assert cors(answer)["Access-Control-Allow-Headers"] == "Content-Type"


def test_a_star_lets_any_page_send():
    add_source("any", origins=["*"])

    answer = send({"title": "x"}, "any", headers={"origin": "https://anywhere.example"})

    assert answer.status == 200
    assert cors(answer)["Access-Control-Allow-Origin"] == "*"


def test_an_unknown_source_answers_a_preflight_without_a_word():
    answer = send("", "nobody", query="", method="OPTIONS", headers={"origin": SITE})

    assert (answer.status, answer.text, cors(answer)) == (204, "", {})


def test_a_field_that_holds_json_is_the_payload():
    add_source("ci")
    form = {"content-type": FORM}

    whole = send(urlencode({"payload": json.dumps({"title": "x"})}), headers=form)
    data = send(urlencode({"data": json.dumps({"title": "y"})}), headers=form)

    assert came_of(whole)["created"]
    assert came_of(data)["created"]
    assert [task.title for task in tasks()] == ["x", "y"]


def test_a_repeated_name_of_a_form_is_a_list_and_a_form_in_parts_is_a_form():
    add_source("ci")
    boundary = {"content-type": "multipart/form-data; boundary=b"}
    body = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in [("title", "y"), ("tags", "one"), ("tags", "two")]
    )

    first = send(
        urlencode({"title": "x", "tags": ["a", "b"]}, doseq=True), headers={"content-type": FORM}
    )
    second = send(body + "--b--\r\n", headers=boundary)

    assert came_of(first)["created"]
    assert came_of(second)["created"]
    sent = [payload.content["payload"]["tags"] for payload in payloads()]
    assert sent == [["a", "b"], ["one", "two"]]


def test_curls_json_is_json_whatever_its_type_is_called():
    add_source("ci")

    assert came_of(send('{"title": "x"}', headers={"content-type": FORM}))["created"] == [1]
