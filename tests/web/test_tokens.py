"""What a stranger's body can make us do: find the token, and parse for its owner alone."""

import gzip
import json
import string
import zlib

import pytest
from chalice.app import Request
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

import app
from bench import strangers
from chalicelib.adapters.dynamodb.tables import Settings, Task
from chalicelib.web import bodies, tokens
from tests.support.cloud import TOKEN
from tests.support.http_calls import FORM, JSON, Answer, call

pytestmark = pytest.mark.usefixtures("cloud")

ADD = "controller=task&action=add"
PARTS = "multipart/form-data; boundary=x"


def post(body: bytes, content_type: str = FORM, query: str = ADD, **headers: str) -> Answer:
    """Call the address that adds a task; all that it does not say is left to the body."""
    return call(query, method="POST", headers={"content-type": content_type, **headers}, body=body)


def part(name: str, content: str) -> bytes:
    return f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{content}\r\n'.encode()


def test_the_token_is_found_wherever_a_body_may_hold_it():
    sent = [
        (FORM, f"token={TOKEN}&title=x".encode()),
        (FORM, f"title=x&token=wrong&token={TOKEN.replace('-', '%2D')}".encode()),
        (JSON, json.dumps({"title": "x", "token": TOKEN}).encode()),
        (JSON, json.dumps({"title": "x", "token": TOKEN}, indent=4).encode()),
        (JSON, json.dumps({"token": TOKEN, "title": "x"}).replace("-", "\\u002d").encode()),
        (JSON, json.dumps({"more": {"token": "wrong"}, "title": "x", "token": TOKEN}).encode()),
        ("text/plain", json.dumps({"title": "x", "token": TOKEN}).encode()),
        (PARTS, part("title", "x") + part("token", TOKEN) + b"--x--"),
        (PARTS, part("title", "x") + part("token", TOKEN).replace(b'"', b"") + b"--x--"),
        (
            PARTS,
            part("token", TOKEN).replace(b"\r\n\r\n", b"\r\nX-More: y\r\n\r\n")
            + part("title", "x")
            + b"--x--",
        ),
    ]

    answers = [post(body, content_type) for content_type, body in sent]

    assert [answer.status for answer in answers] == [200] * len(sent)


def test_a_token_of_digits_may_be_a_json_number():
    Settings("settings").update(actions=[Settings.webhook_token.set("20260101")])

    assert post(b'{"title": "x", "token": 20260101}', JSON).status == 200


def test_what_stands_elsewhere_in_a_body_is_no_token():
    sent = [
        (FORM, f"title=x&mytoken={TOKEN}".encode()),
        (FORM, f"title=token={TOKEN}".encode()),
        (FORM, f"token={TOKEN}&title=x&token=wrong".encode()),
        (JSON, json.dumps({"title": "x", "more": {"token": TOKEN}}).encode()),
        (PARTS, part("title", f'name="token"\r\n\r\n{TOKEN}\r\n--y') + b"--x--"),
        ("text/plain", f"title=x&token={TOKEN}".encode()),
    ]

    answers = [post(body, content_type) for content_type, body in sent]

    assert {(answer.status, answer.text) for answer in answers} == {(401, "Not Authorized")}
    assert list(Task.scan()) == []


def test_a_body_that_holds_the_token_and_cannot_be_read_says_why():
    sent = [
        (JSON, json.dumps([{"title": "x", "token": TOKEN}]).encode()),
        (JSON, f'{{"token": "{TOKEN}", "title": x}}'.encode()),
        (PARTS, part("token", TOKEN) + part("title", "x")),
    ]

    answers = [post(body, content_type) for content_type, body in sent]

    assert [
        (answer.status, answer.headers["X-Failure-Reason"].partition(":")[0]) for answer in answers
    ] == [(400, "body")] * 3


def test_a_body_is_not_read_where_the_address_says_a_token():
    unreadable = [
        (b"x" * (bodies.LARGEST + 1), {}),
        (b"x", {"content-encoding": "br"}),
        (f"token={TOKEN}".encode(), {}),
    ]

    answers = [post(body, query=f"{ADD}&token=wrong", **headers) for body, headers in unreadable]

    assert {(answer.status, answer.text) for answer in answers} == {(401, "Not Authorized")}


def test_a_body_is_parsed_for_the_owner_of_the_token_alone():
    broken = [(b"[" * 100_000, JSON), (part("a", "b"), PARTS), (b"x=%FF" * 1000, FORM)]

    strangers = [post(body, content_type) for body, content_type in broken]
    owners = [
        post(body, content_type, query=f"{ADD}&token={TOKEN}") for body, content_type in broken
    ]

    assert [answer.status for answer in strangers] == [401] * 3
    assert [answer.status for answer in owners] == [400] * 3


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, b"token=x&" * 100_000),
        (JSON, b'{"a": "", ' + b'"token": "x", ' * 50_000 + b'"b": 1}'),
        (PARTS, part("token", "x") * 10_000),
        (PARTS, b'name="token' * 90_000),
        (JSON, b'"token"' * 140_000),
    ],
)
def test_at_most_100_places_of_a_body_are_looked_at(content_type, body):
    read = bodies.Body(body, content_type, "utf-8")

    assert len(list(tokens._places(body, tokens._READERS[read.kind][0]))) == tokens.MOST_CANDIDATES
    assert len(tokens.candidates(read)) <= tokens.MOST_CANDIDATES


def test_a_body_without_a_good_token_has_at_most_1_mb_compressed_or_not():
    body = b"a" * (bodies.LARGEST + 1)

    answers = [post(body), post(gzip.compress(body), **{"content-encoding": "gzip"})]

    assert [(answer.status, answer.text) for answer in answers] == [(413, "FAILED")] * 2


def test_an_order_that_stands_in_the_body_alone_takes_the_token_first():
    said = {"controller": "task", "action": "add", "title": "x"}

    answers = [
        post(json.dumps(said | more).encode(), JSON, query="")
        for more in ({}, {"token": "x"}, {"token": TOKEN})
    ]
    other = post(json.dumps({"controller": "board", "token": TOKEN}).encode(), JSON, query="")

    assert [answer.status for answer in [*answers, other]] == [401, 401, 200, 404]


_alphabet = st.sampled_from(
    [b"token", b"=", b"&", b'"', b":", b"{", b"}", b"\\", b"\r\n", b"--x", b"name=", b"\xff"]
)
_types = st.sampled_from(
    [FORM, JSON, PARTS, "text/plain", "", f"{JSON}; charset=utf-16", f"{FORM}; charset=utf-7"]
)


@how(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(_alphabet | st.binary(max_size=4)).map(b"".join),
    _types,
    st.sampled_from(["", "gzip", "deflate", "br"]),
    st.text(string.printable, max_size=5),
)
def test_whatever_a_stranger_sends_is_refused_in_plain_words(body, content_type, coding, more):
    answer = post(body, content_type + more, **{"content-encoding": coding})

    assert answer.status in {400, 401, 413, 415}
    assert answer.text in {"FAILED", "Not Authorized"}


COSTLY = [
    (FORM, {"content-encoding": "gzip"}, gzip.compress),
    (FORM, {"content-encoding": "deflate, gzip"}, lambda body: gzip.compress(zlib.compress(body))),
    (f"{FORM}; charset=utf-16", {}, lambda body: body.decode().encode("utf-16")),
    (f"{FORM}; charset=cp037", {}, lambda body: body.decode().encode("cp037")),
]


@pytest.mark.parametrize(("content_type", "headers", "written"), COSTLY)
def test_no_more_than_256_kb_of_what_is_costly_to_read_is_read_for_a_stranger(
    content_type, headers, written
):
    token, rest = f"token={TOKEN}&title=x".encode(), b"&more=" + b"y" * 300_000

    sent = (token + rest, b"a=" + rest + b"&" + token, b"token=x" + rest)
    first, last, wrong = (post(written(body), content_type, **headers) for body in sent)

    assert [answer.status for answer in (first, last, wrong)] == [200, 413, 401]
    assert last.headers["X-Failure-Reason"] == (
        "body: has no token in its first 256 KB: send it in the URL or a header"
    )


@pytest.mark.parametrize(("content_type", "headers", "written"), COSTLY)
def test_what_is_costly_to_read_may_be_as_large_as_any_for_the_owner_of_the_token(
    content_type, headers, written
):
    body = b"title=x&more=" + b"y" * 500_000

    answer = post(written(body), content_type, query=f"{ADD}&token={TOKEN}", **headers)

    assert answer.status == 200


@pytest.mark.parametrize(
    "name",
    [name for name in strangers.bodies() if name.startswith(("gzip of", "UTF", "EBC", "HZ"))],
)
def test_the_costliest_bodies_are_read_in_256_kb_of_theirs(name):
    headers, body = strangers.bodies()[name]

    read = bodies.beginning(Request(strangers.event_of(app.app, headers, body), None))

    assert len(read.content) <= 4 * bodies.SEARCHED
