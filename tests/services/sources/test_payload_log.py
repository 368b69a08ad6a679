"""What is kept of payloads, and sending them again through the current mapping."""

import base64
import json
import random
import time

import pytest

from chalicelib.adapters.dynamodb.tables import Payload, SourceRow
from chalicelib.adapters.dynamodb.tables.payloads import pack
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.verification import Sent
from chalicelib.services.sources import known_sources, payload_log, sources
from chalicelib.services.sources.payload_log import Counts
from tests.support.inbound import SECRET, add_source, payloads, send, tasks


@pytest.fixture(autouse=True)
def source(cloud):  # noqa: ARG001 -- the tables must be there first
    add_source()
    add_source("list", each="payload", key="item.key", task={"title": "{{ item.title }}"})


def test_a_payload_is_kept_for_a_week_with_its_outcome():
    send({"title": "x", "key": "k"}, headers={"x-event": "created"}, query=f"token={SECRET}&Team=a")

    [summary] = payload_log.list_payloads("ci")
    detail = payload_log.find_payload(summary.id)

    assert (summary.status, summary.created, summary.reason) == (200, 1, "")
    assert abs(summary.received_at - time.time()) < 60
    assert detail.content["payload"] == {"title": "x", "key": "k"}
    assert detail.content["headers"]["x-event"] == "created"
    assert detail.content["query"] == {"team": "a"}
    assert [(one.outcome, one.key, one.task_id) for one in detail.outcomes] == [("created", "k", 1)]
    [row] = payloads()
    assert row.expires_at == int(row.received_at) + 7 * 86400


def test_what_cannot_be_mapped_is_kept_with_the_reason():
    answer = send({"name": "x"})

    [kept] = payload_log.list_payloads("ci")
    assert answer.status == kept.status == 202
    assert kept.reason == "title: is required"
    assert kept.has_failed


@pytest.mark.parametrize(
    ("body", "reason"),
    [("{", "body: is not JSON"), ("[" * 33 + "]" * 33, "has more than 32 levels")],
)
def test_what_cannot_be_read_is_kept_as_it_came(body, reason):
    answer = send(body)

    [kept] = payload_log.list_payloads("ci")
    assert (answer.status, kept.status, kept.reason) == (400, 400, reason)
    assert payload_log.find_payload(kept.id).content == {"beginning": body}
    with pytest.raises(Refused, match="was not kept whole"):
        payload_log.send_again(kept.id)


def test_the_secrets_own_text_is_kept_nowhere():
    told = {"title": f"Use {SECRET}!", SECRET: [SECRET], "key": f"key {SECRET}"}
    send(told, headers={"x-echo": f"a {SECRET} b", "authorization": "Bearer x"})
    send('{"title": "' + SECRET, headers={"x-echo": SECRET})

    stored = [payload_log.find_payload(row.id) for row in payloads()]

    assert SECRET not in str(stored)
    assert stored[0].content["payload"]["title"] == "Use [secret]!"
    assert "authorization" not in stored[0].content["headers"]


def test_only_the_whole_secret_is_replaced_in_what_is_kept_to_be_sent_again():
    send({"title": f"Use {SECRET}!", "status": SECRET[:8], "note": f"ends in {SECRET[:5]}"})

    [row] = payload_log.list_payloads("ci")
    kept = payload_log.find_payload(row.id).content["payload"]
    whole = {"title": "Use [secret]!", "status": SECRET[:8], "note": f"ends in {SECRET[:5]}"}
    assert kept == whole


def test_the_old_secret_is_kept_nowhere_either():
    sources.rotate_secret("ci", "another-secret-of-it")
    send({"title": f"{SECRET} another-secret-of-it"})

    [row] = payloads()
    assert payload_log.find_payload(row.id).content["payload"]["title"] == "[secret] [secret]"


def test_a_secret_of_digits_is_not_kept_as_a_number_either():
    sources.rotate_secret("ci", "20260701")
    send({"title": "x", "pin": 20260701, "n": [2026, None]}, query="token=20260701")

    [row] = payloads()
    kept = payload_log.find_payload(row.id).content["payload"]
    assert kept == {"title": "x", "pin": "[secret]", "n": [2026, None]}


def test_a_payload_whose_source_cannot_be_used_is_kept_and_sent_again_once_it_is_mended():
    SourceRow.set_fields("ci", {"when": "payload."}, SECRET)
    known_sources.CACHE.forget()
    assert send({"title": "x"}).status == 503
    [summary] = payload_log.list_payloads("ci")
    assert (summary.status, summary.has_failed) == (503, True)
    assert "when: column" in summary.reason

    sources.change_source("ci", {"when": "payload.title"})
    payload_log.send_again(summary.id)

    assert [task.title for task in tasks()] == ["x"]


def test_what_is_kept_is_compressed_within_4_kb_of_memory_and_not_256():
    send({"title": "x", "more": "y" * 1000})
    [row] = payloads()

    stored = [base64.b64decode(row.serialize()[name]["B"]) for name in ("content", "items")]

    assert [2 ** (8 + (one[0] >> 4)) for one in stored] == [4096, 4096]  # RFC 1950, 2.2: CINFO


def test_a_count_of_0_takes_no_room_in_the_row():
    send({"title": "x"})

    [row] = payloads()
    assert {"changed", "closed", "ignored", "failed"} & row.serialize().keys() == set()
    [summary] = payload_log.list_payloads("ci")
    assert (summary.created, summary.changed, summary.failed) == (1, 0, 0)


def test_a_mapping_is_compiled_once_for_a_row_that_was_read():
    sent = Sent({}, {"token": SECRET}, b"", time.time(), is_from_loopback=False)

    known = known_sources.proven_source("ci", sent)

    assert known.mapping is known.mapping


def test_a_payload_of_350_kb_is_kept_whole_and_of_a_larger_one_the_beginning():
    letters = random.Random(1)
    noise = "".join(chr(letters.randrange(0x4E00, 0x9FFF)) for _ in range(250_000))
    send({"title": "x", "noise": "x" * 900_000})
    send(json.dumps({"title": "y", "noise": noise}, ensure_ascii=False))

    [large, whole] = payload_log.list_payloads("ci")

    assert len(payload_log.find_payload(whole.id).content["payload"]["noise"]) == 900_000
    [beginning] = payload_log.find_payload(large.id).content.values()
    assert beginning.startswith('{"title": "y", "noise": "')
    assert 65_000 < len(beginning.encode()) <= 64 * 1024


def test_a_failed_payload_is_sent_again_through_the_mapping_of_now():
    send([{"title": "One"}, {"name": "Two"}], "list")
    [failed] = payload_log.list_payloads("list")
    sources.change_source("list", {"task": {"title": "{{ item.title || item.name }}"}})

    again = payload_log.send_again(failed.id)

    assert (again.status, again.created, again.failed) == (200, 2, 0)
    assert [task.title for task in tasks()] == ["One", "Two"]
    assert payload_log.list_payloads("list") == [again]


def test_a_payload_that_went_well_is_carried_out_again_and_obeys_keys():
    send({"title": "x", "key": "k"})
    send({"title": "y"})
    [without_key, with_key] = payload_log.list_payloads("ci")

    assert payload_log.send_again(with_key.id).ignored == 1
    assert payload_log.send_again(without_key.id).created == 1
    assert len(tasks()) == 3


def test_all_failed_payloads_are_sent_again_the_oldest_first():
    for number in range(3):
        send([{"name": f"Task {number}"}], "list")
    send("{", "list")
    send([{"title": "fine"}], "list")
    sources.change_source("list", {"task": {"title": "{{ item.title || item.name }}"}})

    ended = payload_log.send_failed_again("list")

    assert (ended.payloads, ended.counts, ended.left) == (3, Counts(created=3), 0)
    assert len(ended.refused) == 1
    assert [task.title for task in tasks()] == ["fine", "Task 0", "Task 1", "Task 2"]


def test_a_payload_whose_sending_again_fails_can_be_sent_once_more():
    send([{"name": "x"}], "list")
    [failed] = payload_log.list_payloads("list")

    still = payload_log.send_again(failed.id)
    sources.change_source("list", {"task": {"title": "{{ item.name }}"}})

    assert (still.status, still.failed) == (202, 1)
    assert payload_log.send_again(failed.id).created == 1


def test_a_payload_that_is_under_way_is_not_sent_again():
    send({"title": "x"})
    [row] = payloads()
    row.update(actions=[Payload.busy_until.set(time.time() + 9)])

    with pytest.raises(Refused, match="is under way"):
        payload_log.send_again(row.id)


def test_what_is_not_there_cannot_be_sent_again():
    send({"title": "x"})
    [kept] = payload_log.list_payloads("ci")
    sources.remove_source("ci")

    with pytest.raises(NotFound, match="there is no payload nothing"):
        payload_log.send_again("nothing")
    with pytest.raises(NotFound, match="there is no source ci"):
        payload_log.send_again(kept.id)


def test_the_figures_count_items_of_a_day_and_of_a_week():
    now = time.time()
    send([{"title": "a", "key": 1}, {"title": "b"}, {}], "list")
    send([{"title": "c", "key": 1}], "list")
    [_, old] = payload_log.list_payloads("list")
    Payload(old.id).update(actions=[Payload.received_at.set(now - 2 * 86400)])

    figures = payload_log.figures("list", time.time())

    assert figures.day == Counts(changed=1)
    assert figures.week == Counts(created=2, changed=1, failed=1)
    assert figures.is_complete
    assert figures.last_received == pytest.approx(now, abs=60)
    assert payload_log.figures("ci", now).last_received is None


def test_a_list_goes_on_before_a_time():
    for number in range(3):
        send({"title": str(number)})

    [newest] = payload_log.list_payloads("ci", limit=1)
    older = payload_log.list_payloads("ci", before=newest.received_at)

    assert [one.received_at < newest.received_at for one in older] == [True, True]


def test_a_hundred_long_keys_and_reasons_leave_the_row_room():
    letters = [chr(code) for code in range(0x4E00, 0x9FA5)]
    dice = random.Random(7)
    task = {"title": "x", "project": "{{ item.project }}"}
    add_source("long", each="payload", key="item.key", task=task)
    keys = ["".join(dice.choices(letters, k=150)) for _ in range(100)]

    answer = send([{"key": key, "project": key} for key in keys], source_id="long")

    [kept] = payload_log.list_payloads("long")
    [row] = payloads()
    outcomes = payload_log.find_payload(kept.id).outcomes
    assert answer.status == 202
    assert [one.outcome for one in outcomes] == ["failed"] * 100
    assert all(key.startswith(one.key or "x") for key, one in zip(keys, outcomes, strict=True))
    assert all(one.reason.startswith("project: there is no active") for one in outcomes)
    assert len(pack(row.items)) <= 40_000
