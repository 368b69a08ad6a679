"""Known senders before a local run: each proves itself, and one task is opened and closed."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib.domain.presets import PRESETS
from tests.support.local_run import LocalRun
from tests.support.preset_outcomes import PAYLOADS, known, read

KEY = b"the thirty-two bytes of a secret"
SECRETS = {"standard": "whsec_" + base64.b64encode(KEY).decode()}
SECRET = "what the sender knows"


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Iterator[LocalRun]:
    """A local run with a source for each preset, as one adds it in the AWS console."""
    with LocalRun(tmp_path_factory.mktemp("senders") / "data") as started:
        for name in PRESETS:
            row = {"id": name, "preset": name, "secret": SECRETS.get(name, SECRET)}
            item = {field: {"S": value} for field, value in row.items()}
            started.client("dynamodb").put_item(TableName="taskhook-dev-sources", Item=item)
        yield started


def proof(name: str, body: bytes) -> dict[str, str]:
    """Return the headers by which a sender proves itself, of those that sign."""
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    moment = str(int(time.time()))
    signed = f"msg_{time.time_ns()}.{moment}."
    symmetric = hmac.new(KEY, signed.encode() + body, hashlib.sha256).digest()
    return {
        "github": {"X-Hub-Signature-256": f"sha256={signature}"},
        "gitea": {"X-Gitea-Signature": signature},
        "gitlab": {"X-Gitlab-Token": SECRET},
        "sentry": {"Sentry-Hook-Signature": signature, "Sentry-Hook-Timestamp": moment},
        "standard": {
            "webhook-id": signed.partition(".")[0],
            "webhook-timestamp": moment,
            "webhook-signature": "v1," + base64.b64encode(symmetric).decode(),
        },
    }.get(name, {})


def send(run: LocalRun, sent: str) -> Any:
    """Send a file of `tests/payloads` as its sender does, and return the answer."""
    name = sent.partition("/")[0]
    body = (PAYLOADS / f"{sent}.json").read_bytes()
    has_headers = (PAYLOADS / f"{sent}.headers.json").exists()
    headers = {"Content-Type": "application/json", **proof(name, body)}
    if has_headers:
        headers |= read(f"{sent}.headers")
    token = "?token=" + quote(SECRET) if known(name).verify == "token" else ""
    answer = run.request("POST", f"/in/{name}{token}", body=body, headers=headers)
    assert answer.status == 200, answer
    return json.loads(answer.body)


def get_task(run: LocalRun, task_id: int) -> dict[str, Any]:
    """Return a task as the API answers it."""
    call = {"jsonrpc": "2.0", "id": 1, "method": "getTask", "params": {"task_id": task_id}}
    credentials = base64.b64encode(f"jsonrpc:{run.ready['api_token']}".encode()).decode()
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {credentials}"}
    answer = run.request("POST", "/jsonrpc.php", json.dumps(call).encode(), headers)
    return json.loads(answer.body)["result"]


@pytest.mark.parametrize(
    ("opened", "changed", "closed"),
    [
        ("github/issue-opened", "github/issue-labeled", "github/issue-closed"),
        ("gitlab/issue-opened", "gitlab/incident-updated", "gitlab/issue-closed"),
        ("gitea/issue-opened", "gitea/issue-label-updated", "gitea/issue-closed"),
        ("sentry/issue-created", "sentry/issue-unresolved", "sentry/issue-resolved"),
        ("uptime-kuma/down", "uptime-kuma/still-down", "uptime-kuma/up"),
        ("zabbix/problem", "zabbix/severity-changed", "zabbix/resolved"),
        ("healthchecks/down", "healthchecks/down-without-a-name", "healthchecks/up"),
        ("standard/created", "standard/updated", "standard/resolved"),
        ("cloudevents/structured", "cloudevents/binary", "cloudevents/resolved-binary"),
        ("custom/opened", "custom/changed", "custom/closed"),
    ],
)
def test_one_task_is_created_changed_and_closed(run, opened, changed, closed):
    answers = [send(run, name) for name in (opened, changed, closed)]

    [task_id] = answers[0]["created"]
    nothing: dict[str, Any] = {"created": [], "changed": [], "closed": [], "ignored": 0}
    assert answers == [
        nothing | {"created": [task_id], "failed": []},
        nothing | {"changed": [task_id], "failed": []},
        nothing | {"closed": [task_id], "failed": []},
    ]
    [expected] = read(f"{changed}.expected")
    task = get_task(run, task_id)
    assert {name: task[name] for name in ("title", "description", "color_id")} == {
        name: expected["task"][name] for name in ("title", "description", "color_id")
    }
    assert int(task["is_active"]) == 0


@pytest.mark.parametrize(
    ("firing", "one_resolved", "resolved"),
    [
        ("grafana/two-firing", "grafana/one-firing-one-resolved", "grafana/both-resolved"),
        (
            "alertmanager/three-firing",
            "alertmanager/one-firing-one-resolved",
            "alertmanager/all-resolved",
        ),
    ],
)
def test_the_alerts_of_a_message_are_tasks_of_their_own(run, firing, one_resolved, resolved):
    first, second, third = (send(run, name) for name in (firing, one_resolved, resolved))

    one, other, *more = first["created"]
    assert (second["changed"], second["closed"]) == ([one], [other])
    assert (third["closed"], third["ignored"]) == ([one, *more], 1)
