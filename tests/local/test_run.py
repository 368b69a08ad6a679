"""`python -m local` as a program: what it says, what it writes, what it refuses and how it ends."""

import base64
import json
import os
import re
import signal
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.local_run import LocalRun, wait_until
from tests.support.receivers import Inbox, Peer

pytestmark = pytest.mark.xdist_group("local runs")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with LocalRun(tmp_path_factory.mktemp("run") / "data") as started:
        yield started


def ends_in_one_line(run, code, line):
    run.launch()
    assert (run.wait(), run.stdout) == (code, "")
    assert re.fullmatch(line + r"\n", run.stderr), run.stderr


def test_the_ready_file_says_where_everything_is(run):
    assert list(run.ready) == [
        "url",
        "token",
        "api_token",
        "admin_username",
        "admin_password",
        "dynamodb_url",
        "sqs_url",
        "aws_access_key_id",
        "aws_secret_access_key",
        "pid",
    ]
    assert run.ready["pid"] == run.process.pid
    assert run.ready["admin_username"] == "admin"


def test_stdout_gets_one_block_to_go_on_from(run):
    url = run.url
    query = f"controller=task&action=add&token={run.token}&title=mySuperTask"

    assert run.stdout.splitlines() == [
        f"Taskhook runs on {url}",
        "",
        f'  Add a task      curl "{url}/?{query}"',
        f"  Settings page   {url}/settings",
        f"  Sign in         admin / {run.ready['admin_password']}  (shown this once)",
        "",
        "Ctrl-C stops it.",
    ]
    assert run.stderr == ""


def test_the_line_to_paste_adds_a_task(run):
    [target] = re.findall(r'curl "http://[^/]*(/.*)"', run.stdout)

    assert run.request("GET", target).body == "OK"
    assert run.stderr == ""  # metrics are for those who watch many


def test_the_terminal_tells_of_what_was_refused_and_what_failed_and_of_no_token(run):
    run.request("GET", f"/?controller=task&action=add&title=&token={run.token}")
    run.request("GET", "/?controller=task&action=add&title=x&token=secret-guess")
    run.wait_until(lambda: run.stderr.count("\n") == 2)
    run.configure("http://127.0.0.1:9/")
    run.add(title="for nobody")
    run.wait_until(lambda: run.stderr.count("\n") > 2)

    lines, when = run.stderr.splitlines(), r"\d\d:\d\d:\d\d"
    assert re.fullmatch(rf"{when}  GET / 400 title: is required", lines[0])
    assert re.fullmatch(rf"{when}  GET / 401 Unauthorized", lines[1])
    assert re.fullmatch(
        rf"{when}  attempt 1 of task \d+ to ci failed: .*refused.*; next attempt at {when}",
        lines[2],
    )
    assert not re.search(f"{run.token}|secret-guess", run.stderr)


def test_the_terminal_says_why_a_call_of_the_api_was_refused_that_was_answered_200(run):
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "createTask",
        "params": {"title": "x", "project_id": 99},
    }
    headers = {
        "Authorization": "Basic "
        + base64.b64encode(f"jsonrpc:{run.ready['api_token']}".encode()).decode()
    }

    answer = run.request("POST", "/jsonrpc.php", json.dumps(call).encode(), headers)

    assert (answer.status, json.loads(answer.body)["result"]) == (200, False)
    run.wait_until(
        lambda: "  POST /jsonrpc.php 200 createTask: project_id: there is no" in run.stderr
    )


def test_what_is_stored_is_delivered_without_waiting_for_the_next_look_at_an_idle_stream(tmp_path):
    with LocalRun(tmp_path / "data") as run, Inbox() as inbox:
        run.configure(inbox.url)
        begun = time.monotonic()
        for number in range(1, 7):
            run.add(title=f"Task {number}")
            inbox.wait_for(number)
        took = time.monotonic() - begun

    assert took < 5 * 2.0  # the five looks between them, each 2 s after the last


def test_a_run_for_others_says_what_it_opens_and_keeps_its_stores_to_itself(tmp_path):
    with LocalRun(tmp_path / "data", "--host", "0.0.0.0", store="memory") as run:  # noqa: S104 -- to see what it says
        answer = run.request("GET", "/sign-in", headers={"Host": "taskhook.lan"})

    assert answer.status == 200
    assert run.ready["dynamodb_url"].startswith("http://127.0.0.1:")
    opened = (
        "opens the pages, the API and the URL that adds tasks to everyone who can reach this "
        "machine, over http"
    )
    assert (
        run.stderr
        == f"taskhook: --host 0.0.0.0 {opened}; the store and the queues stay on this machine\n"
    )


def test_no_other_user_can_read_the_files_of_a_directory_that_is_open_to_all(tmp_path):
    data_dir = tmp_path / "data"
    data_dir.mkdir(mode=0o755)
    (data_dir / "dynoxide.log").touch(mode=0o644)
    with LocalRun(data_dir) as run:
        run.add(title="x")
        modes = {path.name: path.stat().st_mode & 0o777 for path in data_dir.iterdir()}

    assert {"taskhook.db", "taskhook.db-wal", "dynoxide.log", "run.json", "lock"} <= modes.keys()
    assert set(modes.values()) == {0o600}


def test_a_second_run_on_the_same_data_is_refused(run):
    second = LocalRun(run.data_dir.with_name("second"), "--data-dir", str(run.data_dir))

    ends_in_one_line(second, 1, f"taskhook: Taskhook already runs on {run.data_dir}: .*")


def test_a_port_in_use_is_one_line(run, tmp_path):
    port = run.url.rpartition(":")[2]

    ends_in_one_line(
        LocalRun(tmp_path / "data", "--port", port), 1, f"taskhook: port {port} is in use: .*"
    )


def test_a_store_that_does_not_answer_is_one_line(tmp_path):
    run = LocalRun(tmp_path / "data", store="http://127.0.0.1:9")

    ends_in_one_line(run, 1, "taskhook: the store http://127.0.0.1:9 does not answer")


def test_a_database_that_dynoxide_cannot_open_is_one_line(tmp_path):
    run = LocalRun(tmp_path / "data")
    (run.data_dir / "taskhook.db").mkdir(parents=True)

    ends_in_one_line(run, 1, "taskhook: dynoxide did not start on .*taskhook.db: .*")


def test_a_configuration_that_cannot_be_used_is_one_line(tmp_path):
    run = LocalRun(tmp_path / "data", store="memory", environ={"DELIVERY_TIMEOUT": "soon"})

    ends_in_one_line(run, 1, "taskhook: DELIVERY_TIMEOUT='soon' cannot be used: .*")


@pytest.mark.parametrize(
    "arguments",
    ["--port x", "--port 65536", "--store x", "--store http://[::1", "--store http://a", "x"],
)
def test_bad_arguments_exit_with_2(tmp_path, arguments):
    run = LocalRun(tmp_path / "data", *arguments.split())

    run.launch()

    assert run.wait() == 2
    assert "python -m local: error: " in run.stderr


def test_an_idle_run_is_seldom_woken_and_needs_little_memory(tmp_path):
    with LocalRun(tmp_path / "data") as run, Inbox() as inbox:
        run.configure(inbox.url)
        run.add(title="x")
        inbox.wait_for(1)
        pids = [run.ready["pid"], run.events_pid, run.store_pid]
        time.sleep(3)  # until nothing is looked for any more
        before = wakes(pids)
        time.sleep(5)
        woken = wakes(pids) - before
        megabytes = sum(memory(pid) for pid in pids)

    assert woken / 5 < 15  # a second, all three together; 30 once
    assert megabytes < 110


def wakes(pids):
    """Return how often processes' threads began to wait, which the load does not change."""
    told = [
        (thread / "status").read_text()
        for pid in pids
        for thread in Path(f"/proc/{pid}/task").iterdir()
    ]
    return sum(
        int(count)
        for text in told
        for count in re.findall(r"^voluntary_ctxt_switches:\s*(\d+)", text, re.MULTILINE)
    )


def memory(pid):
    """Return the memory of a process in MB; what several share is shared out among them."""
    [kilobytes] = re.findall(
        r"^Pss:\s*(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE
    )
    return int(kilobytes) / 1024


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_time_and_in_order(tmp_path, how):
    run = LocalRun(tmp_path / "data")
    run.start()
    children = [run.store_pid, run.events_pid]

    asked_at = time.monotonic()
    code = run.stop(how)

    assert (code, run.stderr) == (0, "")
    assert time.monotonic() - asked_at < 5
    assert not any(Path(f"/proc/{child}").exists() for child in children)
    assert not (run.data_dir / "run.json").exists()


def test_a_signal_to_each_of_its_processes_is_one_to_it(tmp_path):
    run = LocalRun(tmp_path / "data")
    run.start()

    for pid in (run.events_pid, run.ready["pid"]):
        os.kill(pid, signal.SIGTERM)

    assert (run.wait(), run.stderr) == (0, "")


def test_it_ends_and_says_so_when_nothing_calls_the_event_handlers_any_more(tmp_path):
    run = LocalRun(tmp_path / "data")
    run.start()

    os.kill(run.events_pid, signal.SIGKILL)

    assert run.wait() == 1
    assert (
        run.stderr
        == "taskhook: the process that calls the event handlers ended with code -9; stopping\n"
    )


def test_no_request_waits_for_the_process_that_calls_the_event_handlers(tmp_path):
    count, patience = 400, 10.0  # a request that waited for it would wait for a minute
    with (
        LocalRun(tmp_path / "data") as run,
        Inbox() as inbox,
        closing(run.connection(patience)) as caller,
    ):
        run.configure(inbox.url)
        os.kill(run.events_pid, signal.SIGSTOP)
        target = f"/?controller=task&action=add&token={run.token}&title=x"
        for _ in range(count):
            caller.request("GET", target)
            assert caller.getresponse().read() == b"OK"
        os.kill(run.events_pid, signal.SIGCONT)

        inbox.wait_for(count)


def test_a_ready_file_of_an_earlier_run_is_gone_before_this_one_answers(tmp_path):
    run = LocalRun(tmp_path / "data", "--ready-file", str(tmp_path / "ready.json"))
    (tmp_path / "ready.json").write_text("{}")
    (run.data_dir / "taskhook.db").mkdir(parents=True)

    ends_in_one_line(run, 1, "taskhook: dynoxide did not start on .*")

    assert not (tmp_path / "ready.json").exists()


def test_a_ready_file_that_cannot_be_written_is_one_line(tmp_path):
    run = LocalRun(tmp_path / "data", "--ready-file", str(tmp_path / "nowhere" / "ready.json"))

    ends_in_one_line(
        run, 1, "taskhook: .*nowhere/ready.json cannot be written: No such file or directory"
    )


def test_one_secret_for_both_tokens_is_refused(tmp_path):
    run = LocalRun(tmp_path / "data", environ={"WEBHOOK_TOKEN": "same", "API_TOKEN": "same"})

    ends_in_one_line(run, 1, "taskhook: API_TOKEN equals WEBHOOK_TOKEN: .*")


def test_it_ends_in_time_while_a_receiver_hangs(tmp_path):
    gone = threading.Event()
    with (
        LocalRun(tmp_path / "data", environ={"DELIVERY_TIMEOUT": "60"}) as run,
        Peer(lambda _: gone.wait(30)) as peer,
    ):
        run.configure(f"http://127.0.0.1:{peer.port}/")
        run.add(title="x")
        wait_until(lambda: peer.connections)

        asked_at = time.monotonic()
        code = run.stop()
        gone.set()

    assert time.monotonic() - asked_at < 5
    assert code == 0


@pytest.mark.parametrize(
    ("environ", "attempt"),
    [({"DELIVERY_TIMEOUT": "10"}, 1), ({"RETRY_DELAYS": "1,1"}, 2)],
    ids=["a first attempt", "a retry"],
)
def test_what_is_in_flight_at_a_signal_is_finished_and_not_repeated(tmp_path, environ, attempt):
    asked, may_answer = threading.Event(), threading.Event()

    def hold():
        if len(inbox.received) == attempt:
            asked.set()
            may_answer.wait(30)
            inbox.status = 204

    run = LocalRun(tmp_path / "data", environ=environ | {"RETRY_JITTER": "0"})
    with Inbox(status=500) as inbox:
        inbox.before_answer = hold
        with run:
            run.configure(inbox.url)
            run.add(title="x")
            assert asked.wait(30)
            # Past what other things are given at the end.
            later = threading.Timer(2.1, may_answer.set)
            later.start()
            code = run.stop()
        with run:
            wait_until(lambda: run.states() != ["pending"])
            states = run.states()

    assert (code, len(inbox.received), states) == (0, attempt, ["delivered"])


def test_a_delivery_that_failed_is_attempted_again_when_it_is_due(tmp_path):
    with (
        LocalRun(tmp_path / "data", environ={"RETRY_DELAYS": "1"}) as run,
        Inbox(status=500) as inbox,
    ):
        run.configure(inbox.url)
        run.add(title="x")
        inbox.wait_for(1)
        inbox.status = 204
        first, second = inbox.wait_for(2)

    assert [each.headers["X-Taskhook-Attempt"] for each in (first, second)] == ["1", "2"]
    assert second.at - first.at >= 1


def test_what_was_due_when_a_run_was_killed_is_attempted_by_the_next_one(tmp_path):
    run = LocalRun(tmp_path / "data", environ={"RETRY_DELAYS": "5"})
    run.start()
    with Inbox(status=500) as inbox:
        run.configure(inbox.url)
        run.add(title="x")
        inbox.wait_for(1)
        wait_until(lambda: run.states() == ["pending"])
        run.kill()
        inbox.status = 204
        with run:
            first, second = inbox.wait_for(2)

    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_presets_count_at_the_first_start_and_the_second_start_keeps_them(tmp_path):
    presets = {"WEBHOOK_TOKEN": "a b&c", "API_TOKEN": "api", "ADMIN_PASSWORD": "secret"}
    with LocalRun(tmp_path / "data", environ=presets) as first:
        first_said, first_ready = first.stdout, first.ready
    with LocalRun(tmp_path / "data", environ={"WEBHOOK_TOKEN": "other"}) as second:
        second_said, second_ready = second.stdout, second.ready

    def secrets_of(ready):
        return ready["token"], ready["api_token"], ready["admin_password"]

    assert secrets_of(first_ready) == ("a b&c", "api", "secret")
    assert secrets_of(second_ready) == ("a b&c", "api", None)
    assert "token=a+b%26c&title=" in first_said
    assert "Sign in" in first_said
    assert "Sign in" not in second_said


def test_manage_finds_the_run_by_its_directory(run):
    done = run.manage("--json", "project", "list")

    assert done.stderr == ""
    assert (done.returncode, [project["name"] for project in json.loads(done.stdout)]) == (
        0,
        ["My project"],
    )
