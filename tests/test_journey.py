"""The whole way, as users walk it: real HTTP, a real store, a real receiver, real programs."""

import gzip
import json
import os
import re
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
import requests

from tests.support.local_run import LocalRun
from tests.support.receivers import Inbox

ROOT = Path(__file__).resolve().parent.parent
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
KEYS = [
    "task_id",
    "title",
    "description",
    "project_id",
    "owner_id",
    "category_id",
    "column_id",
    "color_id",
    "score",
    "date_due",
    "creator_id",
    "date_creation",
    "position",
]

pytestmark = pytest.mark.xdist_group("journey")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with LocalRun(tmp_path_factory.mktemp("data")) as started:
        yield started


@pytest.fixture
def inbox(run):
    with Inbox() as listening:
        added = manage(
            run,
            "endpoint",
            "add",
            listening.url,
            "--event",
            "task.created",
            "--event",
            "task.modified",
        )
        yield listening
        manage(run, "endpoint", "remove", added["id"])


def manage(run, *args, code=0):
    done = subprocess.run(
        [sys.executable, "manage.py", "--local", "--data-dir", str(run.data_dir), "--json", *args],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout) if done.stdout else done.stderr


def add_with(run, headers):
    query = {"controller": "task", "action": "add", "token": run.token, "title": "x"}
    return requests.get(run.url, params=query, headers=headers, timeout=10)


def call_procedure(run, method, **params):
    asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    credentials = ("jsonrpc", run.ready["api_token"])
    return requests.post(f"{run.url}/jsonrpc.php", json=asked, auth=credentials, timeout=10).json()[
        "result"
    ]


def add_by_url(run, **parameters):
    query = {"controller": "task", "action": "add", "token": run.token, **parameters}
    return requests.get(run.url, params=query, timeout=10)


def test_a_body_arrives_as_it_was_sent(run):
    url = f"{run.url}/?controller=task&action=add&token={run.token}"
    form, as_json = "title=Größe".encode(), '\ufeff{"title": "Größe"}'
    latin_1 = {"Content-Type": "application/x-www-form-urlencoded; charset=iso-8859-1"}
    parts: list[tuple[str, tuple[str | None, bytes]]] = [
        ("title", (None, "Größe".encode())),
        ("scan", ("a.pdf", b"x")),
    ]

    answers = [
        requests.post(
            url, gzip.compress(form), headers={"Content-Encoding": "gzip"} | FORM, timeout=10
        ),
        requests.post(
            url, zlib.compress(form), headers={"Content-Encoding": "deflate"} | FORM, timeout=10
        ),
        requests.post(url, as_json.encode(), timeout=10),
        requests.post(url, as_json.encode("utf-16-le"), timeout=10),
        requests.post(url, "title=Größe".encode("latin-1"), headers=latin_1, timeout=10),
        requests.post(url, files=parts, timeout=10),
    ]

    assert [answer.status_code for answer in answers] == [200] * 6
    assert [answer.headers.get("X-Ignored-Parameters") for answer in answers] == [
        *[None] * 5,
        "scan",
    ]
    assert {
        call_procedure(run, "getTask", task_id=answer.headers["X-Task-Id"])["title"]
        for answer in answers
    } == {"Größe"}


def test_what_is_no_text_is_refused_over_http_too(run):
    keys = [{"Idempotency-Key": key.encode("latin-1")} for key in ("größe", "gräte")]
    half = rb'{"name": "\ud800", "\udfff": "x"}'

    answers = [add_with(run, headers) for headers in keys]
    signing_in = requests.post(
        f"{run.url}/sign-in", half, headers={"Content-Type": "application/json"}, timeout=10
    )

    assert {answer.headers["X-Failure-Reason"] for answer in answers} == {
        "idempotency_key: must be valid UTF-8"
    }
    assert signing_in.status_code == 400
    assert "must be valid UTF-8" in signing_in.text


def test_a_task_added_by_url_arrives_at_the_configured_url(run, inbox):
    answer = add_by_url(run, title="mySuperTask", color_id="red")

    received = inbox.wait_for(1)[0]
    body = json.loads(received.body)
    assert (answer.status_code, answer.text) == (200, "OK")
    assert list(body) == KEYS
    assert body["task_id"] == int(answer.headers["X-Task-Id"])
    assert (body["title"], body["color_id"]) == ("mySuperTask", "red")
    assert received.path == f"/?token={run.token}"
    assert received.headers["X-Taskhook-Event"] == "task.created"


def test_a_refusal_is_told_and_nobody_is_called(run, inbox):
    refused = add_by_url(run, title=" ")
    unknown = requests.get(
        run.url, params={"controller": "task", "action": "add", "token": "x"}, timeout=10
    )
    add_by_url(run, title="The next one")

    bodies = [json.loads(received.body) for received in inbox.wait_for(1)]
    assert (refused.status_code, refused.text, refused.headers["X-Failure-Reason"]) == (
        400,
        "FAILED",
        "title: is required",
    )
    assert (unknown.status_code, unknown.text) == (401, "Not Authorized")
    assert [body["title"] for body in bodies] == ["The next one"]


def test_what_was_delivered_is_listed(run, inbox):
    add_by_url(run, title="Seen")
    inbox.wait_for(1)
    [endpoint] = manage(run, "endpoint", "list")

    listed = run.wait_until(lambda: manage(run, "delivery", "list", "--endpoint", endpoint["id"]))
    shown = manage(run, "delivery", "show", listed[0]["id"])

    assert (listed[0]["status"], listed[0]["event_type"], listed[0]["outcome"]) == (
        "delivered",
        "task.created",
        "204",
    )
    assert (shown["body"]["title"], shown["attempts"][0]["status"]) == ("Seen", 204)


def test_a_ping_goes_the_way_that_events_go(run, inbox):
    [endpoint] = manage(run, "endpoint", "list")

    pinged = manage(run, "endpoint", "test", endpoint["id"])

    received = inbox.wait_for(1)[0]
    assert (pinged["status"], received.headers["X-Taskhook-Event"]) == ("delivered", "ping")
    assert received.headers["webhook-signature"].startswith("v1,")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["endpoint", "add", "ftp://example.com"], "manage.py: url: "),
        (["endpoint", "add", "http://10.0.0.1/"], "manage.py: url: "),
        (["endpoint", "add", "http://127.0.0.1/", "--event", "x"], "manage.py: events: "),
        (["endpoint", "show", "nobody"], "manage.py: there is no endpoint nobody"),
        (["delivery", "show", "nobody"], "manage.py: there is no delivery nobody"),
        (
            ["delivery", "list", "--since", "soon"],
            "manage.py delivery list: argument --since: 'soon' is not a time: it takes ",
        ),
        (["delivery", "list", "--endpoint", "nobody"], "manage.py: there is no endpoint nobody"),
        (["user", "add", "admin"], "manage.py: username: is taken"),
        (["user", "disable", "nobody"], "manage.py: there is no user nobody"),
        (["project", "add", " "], "manage.py: name: "),
        (["nonsense"], "manage.py: there is no command nonsense: it takes "),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(run, arguments, complaint):
    said = manage(run, *arguments, code=2)

    assert said.startswith(complaint)
    assert said.count("\n") == 1


def test_people_and_projects_are_added_listed_and_used(run):
    user = manage(run, "user", "add", "alice", "--name", "Alice")
    project = manage(run, "project", "add", "Second", "--column", "To do", "--column", "Done")
    column = list(project["columns"])[1]

    answer = add_by_url(
        run, title="x", project_id=project["id"], column_id=column, owner_id=user["id"]
    )
    manage(run, "user", "disable", "alice")
    listed = [(row["username"], row["is_active"]) for row in manage(run, "user", "list")]

    assert answer.text == "OK"
    assert listed == [("admin", True), ("alice", False)]
    assert [row["name"] for row in manage(run, "project", "list")] == ["My project", "Second"]


def test_an_endpoint_is_switched_shown_and_given_a_new_secret(run, inbox):
    [endpoint] = manage(run, "endpoint", "list")
    first = manage(run, "endpoint", "show", endpoint["id"], "--secrets")["secret"]

    manage(run, "endpoint", "disable", endpoint["id"])
    off = manage(run, "endpoint", "show", endpoint["id"])["state"]
    manage(run, "endpoint", "enable", endpoint["id"])
    on = manage(run, "endpoint", "show", endpoint["id"])["state"]
    second = manage(run, "endpoint", "rotate-secret", endpoint["id"])["secret"]
    add_by_url(run, title="Signed twice")

    signatures = inbox.wait_for(1)[0].headers["webhook-signature"].split(" ")
    assert (off, on, len(signatures)) == ("disabled", "active", 2)
    assert first != second


def test_a_suspended_endpoint_shows_its_ramp_and_its_next_probe(run):
    manage(run, "endpoint", "add", "http://127.0.0.1:9/", "--id", "closed")
    for number in range(5):
        add_by_url(run, title=f"for nobody {number}")

    shown = run.wait_until(
        lambda: (
            (it := manage(run, "endpoint", "show", "closed"))["reason"].startswith("next") and it
        )
    )
    manage(run, "endpoint", "remove", "closed")

    assert (shown["state"], shown["ramp"], shown["waiting"]) == ("suspended", 1, 5)
    assert shown["failures_in_a_row"] >= 5  # probes count too, and fail as long as nobody looks
    assert shown["reason"] == f"next probe {shown['next_probe_at']}"
    assert shown["failing_since"] < shown["next_probe_at"]


def test_the_terminal_shows_each_attempt_on_a_line(run, inbox):
    inbox.status, inbox.answer = 500, b"not today"
    add_by_url(run, title="x")
    [endpoint] = manage(run, "endpoint", "list")
    [delivery] = run.wait_until(
        lambda: manage(run, "delivery", "list", "--endpoint", endpoint["id"])
    )

    shown = subprocess.run(
        [
            sys.executable,
            "manage.py",
            "delivery",
            "show",
            delivery["id"],
            "--local",
            "--data-dir",
            str(run.data_dir),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    line, *_ = re.findall(r"^attempts +(.*)$", shown, re.MULTILINE)
    when, timings = r"\d{4}-\d\d-\d\dT[\d:]{8}Z", r"(\w+:[\d.]+ms,?)+"
    assert re.fullmatch(
        rf"number=1 at={when} address=127.0.0.1 timings={timings} duration_ms=\d+ status=500 "
        rf"headers=server: BaseHTTP/\S+ Python/\S+ answer=not today",
        line,
    )


def test_the_terminal_shows_tables_for_people(run):
    shown = subprocess.run(
        [
            sys.executable,
            "manage.py",
            "project",
            "list",
            "--local",
            "--data-dir",
            str(run.data_dir),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert re.split(r" {2,}", shown[0]) == ["id", "name", "is_active", "columns"]
    assert re.split(r" {2,}", shown[1])[:3] == ["1", "My project", "true"]


def test_the_aws_commands_of_the_documentation_run_as_printed(tmp_path):
    page = (ROOT / "docs/configuration.md").read_text()
    block = re.search(r"```bash aws\n(.*?)```", page, re.DOTALL)
    assert block is not None
    exports = re.search(r"```bash\n(found\(\).*?)```", page, re.DOTALL)
    assert exports is not None
    local = re.search(
        r"```bash local\n(.*?)```", (ROOT / "docs/operations.md").read_text(), re.DOTALL
    )
    assert local is not None
    with LocalRun(tmp_path / ".data") as run:
        add_by_url(run, title="Listed")
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        script = "set -e\n" + exports[1] + block[1] + local[1]

        done = subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )

        endpoints = manage(run, "endpoint", "list")
        token = manage(run, "settings", "show", "--secrets")["webhook_token"]
        rotated = manage(run, "token", "rotate")["webhook_token"]
    assert (done.returncode, done.stderr, done.stdout.split()) == (0, "", ["1", "Listed"])
    seen = [(row["id"], row["url"], row["state"]) for row in endpoints]
    assert seen == [("ci", "https://example.com/hook", "active")]
    assert token == "a-new-and-long-token"
    assert rotated not in (token, run.token)
