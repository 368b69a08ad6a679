"""The payloads on the pages of their source: seen, older ones too, and sent again."""

import re
import secrets
import zlib
from typing import Any

import boto3
import pytest

from chalicelib.adapters.dynamodb.tables import Payload
from chalicelib.adapters.dynamodb.tables.payloads import pack
from chalicelib.domain import accounts
from chalicelib.services.accounts import users
from chalicelib.services.sources.payload_log import Summary
from chalicelib.web.pages import source_words
from tests.support.inbound import add_source, payloads, send, tasks
from tests.support.page_visits import Visitor, form_of, token_of
from tests.support.source_pages import (
    OTHER_TITLE,
    led_to,
    mapping_form,
    payload_path,
)

pytestmark = pytest.mark.usefixtures("cloud")


def test_a_failed_payload_is_tried_in_the_mapping_and_sent_again_through_the_mended_one(admin):
    add_source()
    send({"what": "Disk full"})
    [kept] = payloads()
    page = admin.get(f"/sources/ci?from={kept.id}")
    admin.post("/sources/ci", **mapping_form(page, **OTHER_TITLE))

    path = led_to(admin.post(payload_path(kept), do="send"))

    assert "title: is required" in page.seen
    assert '"what": "Disk full"' in form_of(page, "save-mapping")["payload"]
    assert [task.title for task in tasks()] == ["Disk full"]
    assert "1 created. Received at" in admin.get(path).seen


def test_a_second_click_does_not_send_a_payload_a_second_time(admin):
    add_source()
    send({"title": "without a key"})
    [kept] = payloads()
    token = token_of(admin.get(payload_path(kept)))

    answers = [admin.post(payload_path(kept), do="send", csrf_token=token) for _ in range(2)]

    assert {led_to(answer) for answer in answers} == {payload_path(kept) + "?done=resent"}
    assert len(tasks()) == 2


def test_all_failed_payloads_are_sent_again_by_one_button(admin):
    add_source()
    for number in range(3):
        send({"what": f"Disk {number}"})
    send({"title": "Well"})
    admin.post("/sources/ci", **mapping_form(admin.get("/sources/ci"), **OTHER_TITLE))

    path = led_to(admin.post("/sources/ci", do="send-failed"))
    shown = admin.get(path.partition("#")[0])

    assert [task.title for task in tasks()] == ["Well", "Disk 0", "Disk 1", "Disk 2"]
    assert "3 sent again through the current mapping" in shown.seen
    assert "Send all failed again" not in shown.seen


def test_the_page_of_a_payload_shows_it_whole_with_what_came_of_each_item(admin):
    add_source(each="payload.items", key="item.key", task={"title": "{{ item.title }}"})
    send({"items": [{"key": "a", "title": "A"}, {"key": "b"}]}, headers={"x-event": "opened"})
    [kept] = payloads()

    shown = admin.get(payload_path(kept)).seen

    assert "1 created, 1 failed." in shown
    assert "Created a #1" in shown
    assert "Failed title: is required b" in shown
    assert "x-event: opened" in shown
    assert '"key": "a"' in shown


def test_the_page_of_a_large_payload_says_how_much_of_it_is_kept(admin):
    add_source()
    send({"title": "a", "noise": secrets.token_hex(400_000)})
    [kept] = payloads()

    page = admin.get(payload_path(kept))

    assert "up to the first 64 KB" in page.seen
    assert 'value="send"' not in page.text
    assert "was not kept whole" in admin.post(payload_path(kept), do="send").seen


def test_older_payloads_are_on_the_next_page_and_none_on_both(admin, monkeypatch):
    monkeypatch.setattr("chalicelib.web.pages.source_details.PAGE_SIZE", 2)
    add_source()
    for number in range(3):
        send({"title": f"task {number}"})
    newest = admin.get("/sources/ci")

    [place] = re.findall(r"place=(\d+)", newest.text)
    older = admin.get(f"/sources/ci?place={place}")

    shown = [re.findall(r"payload_id=(\w+)", page.text) for page in (newest, older)]
    assert shown == [[kept.id for kept in reversed(payloads())][:2], [payloads()[0].id]]


def test_a_payload_is_found_under_its_own_source_alone(admin):
    add_source()
    add_source("other")
    send({"title": "a"})
    [kept] = payloads()

    assert admin.get(f"/sources/other/payloads/{kept.id}").status == 404
    assert admin.get("/sources/ci/payloads/pl_none").status == 404
    assert admin.get("/sources/none").status == 404


@pytest.mark.parametrize(
    ("came", "tone", "state"),
    [
        ({"status": 0}, "warn", "Under way"),
        ({"status": 200, "created": 1, "failed": 2}, "bad", "1 created, 2 failed"),
        ({"status": 200, "ignored": 3}, "off", "3 ignored"),
        ({"status": 200}, "off", "No items"),
        ({"status": 202, "failed": 1}, "bad", "1 failed"),
        ({"status": 400, "failed": 1}, "bad", "Not readable"),
        ({"status": 503, "closed": 1}, "bad", "Interrupted, 1 closed"),
    ],
)
def test_a_payload_says_in_words_what_came_of_it(came, tone, state):
    counts = dict.fromkeys(("created", "changed", "closed", "ignored", "failed"), 0)
    fields: dict[str, Any] = counts | {"reason": "", "size": 0, **came}

    summary = Summary(id="pl_1", source_id="ci", received_at=0.0, **fields)

    assert source_words.payload_state(summary) == {"tone": tone, "state": state}


def test_the_pages_of_sources_are_for_administrators():
    add_source()
    send({"title": "a"})
    [kept] = payloads()
    visitor = Visitor(int(users.add_user("eve", role=accounts.USER).id))

    answers = [visitor.get(path) for path in ("/sources", "/sources/ci", payload_path(kept))]

    assert [answer.status for answer in answers] == [403, 403, 403]
    assert visitor.post("/sources/ci", do="remove", sure="yes").status == 403
    assert "Sources" not in visitor.get("/boards/1").seen


def test_half_a_surrogate_pair_is_shown_as_json_escapes_it(admin):
    add_source()
    send(b'{"title": "half \\ud83d", "\\ud83d": 1}')
    [kept] = payloads()

    pages = [admin.get(path) for path in (payload_path(kept), f"/sources/ci?from={kept.id}")]

    assert [page.status for page in pages] == [200, 200]
    assert [r'"title": "half \ud83d"' in page.seen for page in pages] == [True, True]
    assert "half \ufffd" in pages[1].seen


def test_the_list_says_what_each_payload_was_about(admin):
    add_source("list", each="payload", key="item.key", task={"title": "{{ item.key }}"})
    send([{"key": "disk"}, {"key": "fan"}], source_id="list")
    send([], source_id="list")

    page = admin.get("/sources/list")

    assert "2 created #1 disk and 1 more" in page.seen
    assert page.text.count('href="/tasks/1"') == 1


def test_the_list_reads_no_large_payload_again(admin):
    add_source(key="payload.key")
    send({"key": "disk", "title": "x", "more": "y" * 70_000})

    page = admin.get("/sources/ci")

    assert "1 created" in page.seen
    assert "#1 disk" not in page.seen


DAMAGED = [b"no zlib", zlib.compress(b"no JSON"), *map(pack, ["text", 1, [1], [["0"]]])]


@pytest.mark.parametrize("content", DAMAGED, ids=range(len(DAMAGED)))
@pytest.mark.parametrize("field", ["content", "items"])
def test_a_payload_that_was_damaged_by_hand_hides_no_other(admin, field, content):
    add_source()
    send({"title": "Whole", "key": "whole"})
    send({"title": "Damaged", "key": "damaged"})
    damaged = next(one for one in payloads() if "Damaged" in str(one.content))
    boto3.client("dynamodb").update_item(
        TableName=Payload.Meta.table_name,
        Key={"id": {"S": damaged.id}},
        UpdateExpression="SET #field = :content",
        ExpressionAttributeNames={"#field": field},
        ExpressionAttributeValues={":content": {"B": content}},
    )

    listed, shown = admin.get("/sources/ci"), admin.get(payload_path(damaged))

    assert listed.status == 200
    assert "whole" in listed.seen
    assert f"{field}: " in shown.seen
