"""Comments in a local run: their stream is read beside that of tasks, also after a restart."""

import base64
import json

import pytest

from tests.support.local_run import LocalRun
from tests.support.receivers import Inbox

pytestmark = pytest.mark.xdist_group("local runs")

TYPES = ["comment.created", "comment.modified", "comment.removed"]


def rpc(run, method, **params):
    """Call a procedure as the application, and return its result."""
    basic = base64.b64encode(f"jsonrpc:{run.ready['api_token']}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/json"}
    call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return json.loads(run.request("POST", "/jsonrpc.php", json.dumps(call).encode(), headers).body)[
        "result"
    ]


def test_each_change_of_a_comment_arrives_once_before_and_after_a_restart(tmp_path):
    run = LocalRun(tmp_path / "data")
    with Inbox() as inbox:
        with run:
            made = {"url": inbox.url, "id": "ci", "events": TYPES, "format": "standard"}
            assert rpc(run, "createEndpoint", **made) == "ci"
            task_id = rpc(run, "createTask", title="Printer", project_id=1)
            number = rpc(run, "createComment", task_id=task_id, user_id=1, content="It beeps")
            inbox.wait_for(1)
        with run:
            rpc(run, "updateComment", id=number, content="It hums")
            rpc(run, "removeComment", comment_id=number)
            received = inbox.wait_for(3)
            run.wait_until(lambda: run.states() == ["delivered"] * 3)

    bodies = [json.loads(post.body) for post in received]
    told = [(body["type"], body["data"]["comment"]["text"]) for body in bodies]
    assert told == list(zip(TYPES, ["It beeps", "It hums", "It hums"], strict=True))
    assert {body["data"]["task"]["title"] for body in bodies} == {"Printer"}
    assert len(inbox.received) == 3
