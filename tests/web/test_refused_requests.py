"""What comes to add a task and is refused is kept for people to see: why did my form make none?"""

import json
import time
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.tables import PastEvent, RefusedRequest, SourceRow
from chalicelib.domain.refusals import KEPT, Refusal
from chalicelib.services.sources import refused_requests
from tests.support import aws_faults
from tests.support.cloud import API_TOKEN, TOKEN
from tests.support.http_calls import HERE, JSON, add, call, post_form, post_json
from tests.support.inbound import SECRET, add_source, send

pytestmark = pytest.mark.usefixtures("cloud")

ADD = "controller=task&action=add"
ASKED = {"controller": "task", "action": "add"}
GITHUB = "its proof is missing or wrong: the source takes GitHub's signature (X-Hub-Signature-256)"


def kept() -> list[tuple[int, str]]:
    """Return the status and the reason of what was refused, the oldest first."""
    return [(one.status, one.reason) for one in reversed(refused_requests.list_refused())]


def in_turn(*requests: Any) -> list[tuple[int, str]]:
    """Make requests, and return what is kept of them."""
    for request in requests:
        request()
    return kept()


def test_a_refused_request_is_kept_whole_but_for_its_token():
    begun = time.time()
    agent = {"user-agent": "Forms/1.0"}

    add("owner_id=9&Subject=Broken+printer", method="POST", headers=agent)

    [refusal] = refused_requests.list_refused()
    assert begun - 0.01 <= refusal.received_at <= time.time()
    assert refusal._replace(received_at=0) == Refusal(
        received_at=0,
        status=400,
        reason="title: is required; owner_id: there is no active user 9",
        address=HERE,
        method="POST",
        path="/",
        parameters={**ASKED, "token": "[hidden]", "owner_id": "9", "Subject": "Broken printer"},
        user_agent="Forms/1.0",
    )


def test_the_fields_of_a_body_are_kept_where_the_token_was_good():
    post_form(subject="x")
    post_json({"subject": "y"})

    asked = {**ASKED, "token": "[hidden]"}
    assert [one.parameters for one in reversed(refused_requests.list_refused())] == [
        {"subject": "x", **asked},
        {"subject": "y", **asked},
    ]


def test_each_way_to_be_refused_has_its_reason():
    assert in_turn(
        lambda: call(f"{ADD}&title=x"),
        lambda: call(f"{ADD}&title=x&token=wrong"),
        lambda: call(f"{ADD}&title=x&token={API_TOKEN}"),
        lambda: call(f"controller=tsk&action=add&token={TOKEN}&title=x"),
        lambda: call("controller=tsk"),
        lambda: add("title=x", method="HEAD"),
        lambda: add("title=x", headers={"sec-purpose": "prefetch"}),
        lambda: add("title=x", method="POST", body=b"{", headers={"content-type": JSON}),
        lambda: add("title=x", method="POST", body="x", headers={"content-encoding": "br"}),
    ) == [
        (401, "token: is missing, or is wrong in the body"),
        (401, "token: is wrong"),
        (401, "token: is the API token; the webhook token adds tasks"),
        (404, "adds no task: the address needs controller=task&action=add"),
        (404, "adds no task: the address needs controller=task&action=add"),
        (405, "HEAD adds no task"),
        (503, "a prefetch adds nothing"),
        (400, "body: is not JSON"),
        (415, "body: takes the Content-Encoding gzip or deflate, not br"),
    ]  # fmt: skip


def test_what_a_source_refuses_is_kept_with_what_to_look_at():
    add_source(verify="github")
    add_source("off")
    add_source("strict", origins=["https://a.example"])
    SourceRow.set_fields("off", {"is_active": False}, SECRET)
    SourceRow.put_new({"id": "bare"})
    origin = {"origin": "https://b.example"}

    found = in_turn(
        lambda: send({}, "nobody"),
        lambda: send({}),
        lambda: send({}, "bare"),
        lambda: send({}, "off"),
        lambda: send({}, "strict", headers=origin),
        lambda: send("{", "strict"),
        lambda: send("x" * 1_100_000, "strict"),
    )

    assert found == [
        (401, "there is no such source"),
        (401, GITHUB),
        (401, "the source has no secret yet"),
        (403, "this source is disabled"),
        (403, "this source takes nothing from this origin"),
        (400, "body: is not JSON"),
        (413, "body: takes at most 1 MB"),
    ]
    assert {one.path for one in refused_requests.list_refused()} == {
        "/in/nobody", "/in/ci", "/in/bare", "/in/off", "/in/strict",
    }  # fmt: skip


def test_no_token_and_no_secret_is_kept_wherever_it_stands():
    add_source()
    for secret in (TOKEN, API_TOKEN, SECRET):
        headers = {"user-agent": f"curl {secret}"}
        add(f"{secret}=1&x={secret}&y={'z' * 70}{secret}", headers=headers)
        call(f"{ADD}&tokn={secret}&token={secret}", headers=headers)
        send({}, secret, query=f"q={secret}", headers=headers)
        call(f"x={secret}&{ADD}", method="HEAD")

    stored = [row.serialize() for row in RefusedRequest.scan()]
    text = json.dumps(stored)
    assert len(stored) == 4 + 5  # of the eight of strangers five were kept
    assert [secret for secret in (TOKEN, API_TOKEN, SECRET) if secret[:12] in text] == []


def test_of_strangers_a_process_keeps_five_and_says_how_many_more_there_were():
    with aws_faults.listening() as calls:
        for number in range(30):
            call(f"{ADD}&token={number}")

    writes = [one.operation for one in calls if one.operation not in {"GetItem", "Scan"}]
    assert writes == ["UpdateItem", "PutItem"] * 5
    assert len(kept()) == 5
    assert refused_requests.STRANGERS.take(time.monotonic() + 12) == 25


def test_what_strangers_send_leaves_room_for_those_who_are_known():
    for number in range(30):
        call(f"{ADD}&token={number}")

    add()

    assert kept()[-1] == (400, "title: is required")


def test_the_last_200_are_kept():
    one = Refusal(1, 400, "", "", "GET", "/", {}, "")
    now = time.time()
    for number in range(KEPT + 3):
        refused_requests.keep(one._replace(received_at=now + number, reason=str(number)))

    found = [refusal.reason for refusal in refused_requests.list_refused()]
    assert found == [str(number) for number in reversed(range(3, KEPT + 3))]
    assert PastEvent.count(0) == KEPT


def test_one_that_is_older_than_30_days_is_gone_even_before_the_store_removes_it():
    refused_requests.keep(Refusal(time.time() - 31 * 86400, 400, "", "", "GET", "/", {}, ""))

    assert kept() == []


def test_a_row_that_was_edited_by_hand_is_shown_as_far_as_it_can_be_read():
    add()
    [row] = RefusedRequest.scan()
    row.update(actions=[RefusedRequest.parameters.remove(), RefusedRequest.reason.remove()])

    [refusal] = refused_requests.list_refused()
    assert (refusal.status, refusal.reason, refusal.parameters) == (400, "", {})


def test_what_goes_well_what_asks_nothing_and_a_store_that_is_away_are_not_kept():
    add("title=x")
    call()
    call(headers={"accept": "text/html"})
    with aws_faults.wrong("PutItem", aws_faults.timed_out):
        assert add("title=x").status == 503

    assert kept() == []


def test_a_request_is_refused_as_ever_where_it_cannot_be_kept():
    with aws_faults.wrong("UpdateItem", aws_faults.saying(400, "AccessDeniedException")):
        answer = add()

    assert (answer.status, answer.headers["X-Failure-Reason"]) == (400, "title: is required")
    assert kept() == []
