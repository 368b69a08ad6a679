"""`POST /in/ID`: what a sender may send, and what it is answered."""

import base64
import gzip
import hashlib
import hmac
import json
import logging
import time

import pytest

from chalicelib.domain import signature
from chalicelib.services.projects import project_items, projects
from chalicelib.services.sources import known_sources, sources
from tests.support.aws_faults import listening, timed_out, wrong
from tests.support.cloud import client_of
from tests.support.http_calls import result
from tests.support.inbound import SECRET, add_source, came_of, outcome, payloads, send, tasks

pytestmark = pytest.mark.usefixtures("cloud")

UNAUTHORIZED = (401, '{"error": "Not Authorized"}')


def put_row(**fields):
    """Write the row of a source as the AWS command line does."""
    item = {"id": {"S": "ci"}, "preset": {"S": "custom"}, "secret": {"S": SECRET}, **fields}
    row = {name: value for name, value in item.items() if value is not None}
    client_of("dynamodb").put_item(TableName="taskhook-dev-sources", Item=row)
    known_sources.CACHE.forget()


def reason_of(answer):
    return json.loads(answer.text)["error"]


def test_a_payload_makes_a_task():
    assert result("createSource", {"id": "ci", "secret": SECRET}) == "ci"

    answer = send({"title": "Renew it", "color_id": "red", "key": "cert", "tags": ["a"]})

    assert came_of(answer) == outcome(created=[1])
    [task] = tasks()
    assert (task.title, task.color_id, task.reference) == ("Renew it", "red", "cert")
    [kept] = payloads()
    assert (kept.status, kept.created, kept.content["payload"]["key"]) == (200, 1, "cert")


def test_a_put_is_taken_like_a_post():
    add_source()

    assert came_of(send({"title": "x"}, method="PUT")) == outcome(created=[1])


def test_a_wrong_proof_and_an_unknown_id_are_told_the_same():
    add_source()

    answers = [
        send({}, query="token=wrong"),
        send({}, query=""),
        send({}, "nobody"),
        send({}, "a/b"),
        send({}, "x" * 1000),
    ]

    assert [answer[:2] for answer in answers] == [UNAUTHORIZED] * 5
    assert payloads() == []


def test_what_is_refused_or_fails_says_why_in_a_header_for_the_log_of_a_local_run():
    add_source()

    answers = [send({}, query=""), send({"name": "no title"}), send({"title": "a"})]

    assert [answer.headers.get("X-Failure-Reason") for answer in answers] == [
        "Not Authorized",
        "title: is required",
        None,
    ]


@pytest.mark.parametrize("secret", [None, {"S": ""}, {"S": "  "}, {"NULL": True}])
def test_a_row_without_a_secret_takes_nothing_until_one_is_made(secret):
    put_row(secret=secret)
    guesses = ["token=", "token=%20%20", "token=None", ""]
    assert [send({}, query=query)[:2] for query in guesses] == [UNAUTHORIZED] * 4

    made = sources.rotate_secret("ci")

    assert send({"title": "x"}, query=f"token={made}").status == 200


def test_a_row_of_nothing_but_an_id_and_a_preset_works_once_it_has_a_secret():
    put_row(preset={"S": "github"})
    issue = {"number": 7, "title": "It is broken", "html_url": "https://github.com/a/b/issues/7"}
    body = json.dumps({"action": "opened", "issue": issue, "repository": {"full_name": "a/b"}})
    made = hmac.new(SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()

    answer = send(body, query="", headers={"x-hub-signature-256": f"sha256={made}"})

    assert came_of(answer) == outcome(created=[1])
    assert (tasks()[0].title, tasks()[0].reference) == ("It is broken", "a/b#7")


def test_fields_are_read_as_freely_as_people_write_them():
    put_row(
        is_active={"S": "TRUE"},
        from_taskhook={"N": "0"},
        previous_secret={"S": "the one before"},
        previous_secret_until={"S": str(time.time() + 60)},
        origins={"SS": ["https://a.example", "https://b.example"]},
        task={"M": {"title": {"S": "{{ payload.name }}"}, "priority": {"N": "3"}}},
    )

    answer = send({"name": "x"}, query="token=the one before")

    assert came_of(answer) == outcome(created=[1])
    assert (tasks()[0].title, tasks()[0].priority) == ("x", 3)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("is_active", {"S": "yes"}, "is_active: takes true or false"),
        ("is_active", {"N": "2"}, "is_active: takes true or false"),
        ("from_taskhook", {"L": []}, "from_taskhook: takes true or false"),
        ("preset", {"S": "nobody"}, "preset: takes one of github"),
        ("verify", {"S": "md5"}, "verify: takes one of token"),
        ("secret", {"S": "short"}, "secret: takes 8 to 200 characters"),
        ("secret", {"N": "12345678"}, "secret: takes a text"),
        ("origins", {"S": "https://a.example"}, "origins: takes a list of texts"),
        ("origins", {"L": [{"S": "https://a.example/"}]}, "origins: takes origins such as"),
        ("redirect_to", {"S": "javascript:alert(1)"}, "redirect_to: takes an address"),
        ("task", {"S": "{"}, "task: takes an object"),
        ("when", {"S": "payload."}, "when: column 9: "),
        ("each", {"N": "1"}, "each: takes a text"),
        ("name", {"B": b"x"}, "name: takes a text"),
    ],
)
def test_a_row_that_cannot_be_used_is_shown_as_broken_and_answers_503(field, value, reason):
    put_row(**{field: value})

    answer = send({"title": "x"})

    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert reason in reason_of(answer)
    [shown] = result("getSources")
    assert shown["reason"].startswith(reason)
    assert tasks() == []


def test_a_disabled_source_answers_403_to_its_sender_alone():
    add_source(is_active=False)

    assert (send({}).status, send({}, query="token=wrong").status) == (403, 401)


def test_a_secret_that_is_rotated_is_good_for_a_day_more():
    add_source()
    result("updateSource", {"id": "ci", "secret": "the new secret of it"})
    assert send({"title": "x"}).status == 200
    assert send({"title": "x"}, query="token=the new secret of it").status == 200

    put_row(
        secret={"S": "the new secret of it"},
        previous_secret={"S": SECRET},
        previous_secret_until={"N": str(time.time() - 1)},
    )

    assert send({"title": "x"})[:2] == UNAUTHORIZED


@pytest.mark.parametrize("secret", [{"S": "short"}, {"N": "12345678"}])
def test_a_secret_that_cannot_be_used_is_replaced_and_never_good(secret):
    put_row(secret=secret)
    assert send({"title": "x"}, query="token=short").status == 503

    made = sources.rotate_secret("ci")

    assert send({"title": "x"}, query=f"token={made}").status == 200
    for guess in ("short", "12345678"):
        assert send({"title": "x"}, query=f"token={guess}")[:2] == UNAUTHORIZED


def test_no_answer_holds_a_secret():
    add_source()
    add_source("broken", when="payload.x")
    put_row(id={"S": "old"}, previous_secret={"S": "the one before"})

    said = json.dumps(result("getSources"))

    assert SECRET not in said
    assert "the one before" not in said


def test_the_bytes_are_verified_as_they_were_sent_before_any_decompression():
    add_source(verify="github")
    body = gzip.compress(b'{"title": "x", "description": "B\xc3\xbcro"}')
    made = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {"x-hub-signature-256": f"sha256={made}", "content-encoding": "gzip"}

    assert came_of(send(body, query="", headers=headers)) == outcome(created=[1])
    assert tasks()[0].description == "Büro"


def test_a_signed_body_that_is_no_utf_8_is_proven_and_refused_for_what_it_is():
    add_source(verify="github")
    body = b'{"title": "\xff\xfe"}'
    made = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()

    answer = send(body, query="", headers={"x-hub-signature-256": f"sha256={made}"})

    assert (answer.status, reason_of(answer)) == (400, "body: must be valid UTF-8")


def test_standard_webhooks_prove_themselves_with_their_time():
    secret = signature.new_secret(b"k" * 32)
    add_source(preset="standard", secret=secret)
    body = json.dumps({"type": "incident.created", "data": {"id": 1, "title": "Slow"}}).encode()

    good = signature.headers([secret], "msg_1", int(time.time()), body)
    old = signature.headers([secret], "msg_2", int(time.time()) - 301, body)

    assert came_of(send(body, query="", headers=good)) == outcome(created=[1])
    assert send(body, query="", headers=old)[:2] == UNAUTHORIZED
    assert send(body, query=f"token={secret}")[:2] == UNAUTHORIZED


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {"host": "127.0.0.1:8000"}, 200),
        ("127.0.0.1", {"host": "localhost:8000"}, 200),
        ("127.0.0.1", {"host": "tunnel.example.com"}, 401),
        ("127.0.0.1", {"host": "localhost", "x-forwarded-for": "192.0.2.7"}, 401),
        ("192.0.2.7", {"host": "localhost"}, 401),
    ],
)
def test_none_is_for_a_local_run_on_loopback_only(address, headers, status):
    add_source(verify="none")

    answer = send({"title": "x"}, query="", headers=headers, address=address)

    assert answer.status == status


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("{", "body: is not JSON"),
        ('{"a": NaN}', "body: is not JSON"),
        ('{"a": 1e999}', "body: is not JSON"),
        ("title=x", "body: is not JSON"),
        ("[" * 100_000, "body: is not JSON"),
        ('{"a": ' * 33 + "1" + "}" * 33, "has more than 32 levels"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(body, reason):
    add_source()

    answer = send(body)

    assert (answer.status, reason_of(answer)) == (400, reason)


def test_32_levels_and_100_items_are_taken_and_one_more_is_not():
    add_source(each="payload.items", when="`false`")
    deep = {"items": [], "deep": json.loads('{"a": ' * 31 + "1" + "}" * 31)}

    assert came_of(send(deep)) == outcome()
    assert came_of(send({"items": [1] * 100})) == outcome(ignored=100)
    answer = send({"items": [1] * 101})
    assert (answer.status, reason_of(answer)) == (400, "takes at most 100 items, not 101")


def test_a_megabyte_is_taken_and_more_is_413():
    add_source(when="`false`")
    empty = len(json.dumps({"a": ""}))

    assert send({"a": "x" * (1024 * 1024 - empty)}).status == 200
    assert send({"a": "x" * (1024 * 1024 - empty + 1)}).status == 413
    bomb = gzip.compress(b" " * (1024 * 1024 + 1))
    assert send(bomb, headers={"content-encoding": "gzip"}).status == 413
    assert send(b"{}", headers={"content-encoding": "br"}).status == 415


def test_no_body_is_an_empty_object():
    add_source(task={"title": "{{ query.title }}"})

    assert came_of(send("", query=f"token={SECRET}&Title=Door")) == outcome(created=[1])
    assert tasks()[0].title == "Door"


def test_no_list_of_items_fails_the_payload_and_an_empty_one_is_nothing():
    add_source(each="payload.items")

    failed, nothing = send({"items": {"a": 1}}), send({"items": []})

    assert failed.status == 202
    assert json.loads(failed.text) == outcome(failed=["each: finds no list"])
    assert came_of(nothing) == outcome()


def test_an_item_of_which_an_expression_fails_stops_no_other():
    add_source(each="payload", task={"title": "{{ join(', ', item.names) }}"})

    answer = send([{"names": ["a", "b"]}, {"names": [1]}, {"names": ["c"]}])

    said = came_of(answer)
    assert said["created"] == [1, 2]
    [reason] = said["failed"]
    assert reason.startswith("task: title: ")
    assert [task.title for task in tasks()] == ["a, b", "c"]


def test_when_is_asked_first():
    add_source(when="payload.counts", key="join('', payload.bad)")

    assert came_of(send({"bad": 7})) == outcome(ignored=1)


def test_names_of_project_column_owner_category_and_tags_are_found():
    project = projects.add_project("Shop", ["Inbox", "Done"])
    project_items.add_part(int(project.id), "categories", "Bugs")
    add_source()

    send(
        {
            "title": "x",
            "project": "Shop",
            "column": "Done",
            "owner": "admin",
            "category": "Bugs",
            "tags": ["one", "two", "one", None, " "],
            "priority": "3",
            "date_due": "2026-07-01",
        }
    )

    [task] = tasks()
    assert (task.project_id, task.column_id, task.owner_id, task.category_id) == (2, 6, 1, 1)
    assert (task.priority, task.date_due) == (3, 1782864000)
    tags = {tag.id: tag.name for tag in projects.find_project(2).tags}
    assert sorted(tags[number] for number in task.tags) == ["one", "two"]


def test_an_unknown_owner_and_category_are_left_out_and_named():
    add_source()

    answer = send({"title": "x", "owner": "nobody", "category": "None"})

    assert came_of(answer) == outcome(created=[1])
    [kept] = payloads()
    [[*_, reason]] = kept.items
    assert reason == (
        "owner: there is no active user nobody; category: project 1 has no category None"
    )


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"color_id": "pink"}, "color_id: takes one of"),
        ({"project": "Nothing"}, "project: there is no active project Nothing"),
        ({"project_id": 7}, "project_id: there is no active project 7"),
        ({"column": "Nothing"}, "column: project 1 has no column Nothing"),
        ({"column_id": 99}, "column_id: project 1 has no such column"),
        ({"date_due": "soon"}, "date_due: takes a date"),
        ({"date_due": True}, "date_due: takes a date"),
        ({"priority": True}, "priority: takes a whole number"),
        ({"priority": [1]}, "priority: takes a whole number"),
        ({"priority": -1}, "priority: takes a whole number"),
        ({"project_id": {"id": 1}}, "project_id: takes a whole number"),
        ({"column_id": 1.5}, "column_id: takes a whole number"),
        ({"title": " "}, "title: is required"),
        ({"priority": []}, "priority: takes a whole number"),
    ],
)
def test_an_unknown_colour_project_or_column_fails_the_item(fields, reason):
    add_source()

    answer = send({"title": "x", **fields})

    assert answer.status == 202
    [said] = json.loads(answer.text)["failed"]
    assert said.startswith(reason)
    assert tasks() == []


def test_a_long_title_goes_on_in_the_description():
    add_source()

    send({"title": "t" * 199 + "éü", "description": "More."})
    send({"title": "t" * 200})

    cut, whole = tasks()
    assert cut.title == "t" * 199 + "…"
    assert cut.description == "…éü\n\nMore."
    assert (whole.title, whole.description) == ("t" * 200, "")


def test_half_a_surrogate_pair_and_nul_become_the_replacement_character():
    add_source()

    answer = send(
        '{"title": "a\\ud83d", "description": "b\\u0000", "key": "c\\udc00", "tags": ["\\ud83d"]}'
    )

    assert came_of(answer) == outcome(created=[1])
    [task] = tasks()
    assert (task.title, task.description, task.reference) == ("a\ufffd", "b\ufffd", "c\ufffd")
    assert [tag.name for tag in projects.find_project(1).tags] == ["\ufffd"]


@pytest.mark.parametrize(
    ("key", "reference"),
    [
        (7, "7"),
        (1.5, "1.5"),
        (True, "true"),
        ({"b": 1, "a": [2]}, '{"a":[2],"b":1}'),
        ("k" * 200, "k" * 200),
        ("k" * 201, "k" * 150 + "~" + hashlib.sha256(b"k" * 201).hexdigest()[:40]),
    ],
)
def test_a_key_is_a_text_of_200_characters_at_most(key, reference):
    add_source()

    send({"title": "x", "key": key})

    assert tasks()[0].reference == reference
    assert came_of(send({"title": "x", "key": key})) == outcome(ignored=1)


def test_trying_a_source_writes_nothing_and_says_what_would_become_of_each_item():
    add_source(
        each="payload", when="item.title || item.closed", key="item.key", close_when="item.closed"
    )
    result("updateSource", {"id": "ci", "task": {"title": "{{ item.title }}"}})
    send([{"title": "One", "key": 1}])
    tried = [
        {"title": "One", "key": 1},
        {"title": "Uno", "key": 1},
        {"closed": True, "key": 1},
        {"title": "One", "key": 1},
        {"closed": True, "key": 2},
        {},
        {"title": ["x"], "key": 3},
    ]

    with listening() as calls:
        shown = result("trySource", {"id": "ci", "payload": tried})["items"]

    assert [(one["outcome"], one["key"], one["reason"]) for one in shown] == [
        ("ignored", "1", "changes nothing"),
        ("changed", "1", ""),
        ("closed", "1", ""),
        ("created", "1", ""),
        ("ignored", "2", "no task of this key is open"),
        ("ignored", None, "when is not true"),
        ("created", "3", ""),
    ]
    assert shown[0]["task"] == {"title": "One"}
    assert {call.operation for call in calls} <= {"GetItem", "Scan", "Query"}


def test_a_mistake_is_refused_when_a_source_is_saved():
    assert result("createSource", {"id": "a b"}) is False
    assert result("createSource", {"when": "payload."}) is False
    assert result("createSource", {"verify": "standard", "secret": "not whsec_"}) is False
    assert result("createSource", {"id": "ci"}) == "ci"
    assert result("createSource", {"id": "ci"}) is False
    assert result("updateSource", {"id": "nobody", "name": "x"}) is False
    assert result("removeSource", {"id": "ci"}) is True
    assert result("removeSource", {"id": "ci"}) is False


def test_a_store_that_is_away_is_said_to_be():
    add_source()

    with wrong("Scan", timed_out):
        answer = send({"title": "x"})

    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")


def test_answers_are_kept_out_of_caches_and_logs_hold_no_secret(caplog):
    caplog.set_level(logging.DEBUG, "chalicelib")
    add_source()

    answer = send({"title": "x"}, headers={"authorization": f"Basic {base64.b64encode(b'a:b')!r}"})

    assert answer.headers["Cache-Control"] == "no-store"
    assert SECRET not in "".join(str(vars(record)) for record in caplog.records)
