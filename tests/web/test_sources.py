"""`POST /in/ID`: what a sender may send, and what it is answered."""

import json

import pytest

from tests.support.http_calls import result
from tests.support.inbound import SECRET, add_source, came_of, outcome, payloads, send, tasks

pytestmark = pytest.mark.usefixtures("cloud")


def test_a_payload_makes_a_task():
    assert result("createSource", {"id": "ci", "secret": SECRET}) == "ci"

    answer = send(
        {"title": "Renew the certificate", "color_id": "red", "key": "cert", "tags": ["a"]}
    )

    assert came_of(answer) == outcome(created=[1])
    [task] = tasks()
    assert (task.title, task.color_id, task.reference) == ("Renew the certificate", "red", "cert")
    [kept] = payloads()
    assert (kept.status, kept.created, kept.content["payload"]["key"]) == (200, 1, "cert")


def test_a_wrong_proof_and_an_unknown_id_are_told_the_same():
    add_source()

    wrong, unknown = send({}, query="token=wrong"), send({}, "nobody")

    assert wrong[:2] == unknown[:2] == (401, json.dumps({"error": "Not Authorized"}))
