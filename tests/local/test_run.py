"""`python -m local` as a program: what it says, what it writes, how it ends, and what it never loses."""

import json
import os
import re
import signal
import sys
import threading
import time

import boto3
import pytest

from tests.receivers import Inbox, Peer
from tests.running import LocalRun, wait_until

pytestmark = pytest.mark.xdist_group("local runs")

# Where no binary is: another sys.prefix, and nothing but /bin on PATH.
WITHOUT_DYNOXIDE = (sys.executable, "-c", "import sys, runpy; sys.prefix = '/nowhere'; runpy.run_module('local')")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with LocalRun(tmp_path_factory.mktemp("run") / "data") as started:
        yield started


def configure(run, url):
    """Add an endpoint as one does in the AWS console."""
    client = boto3.client("dynamodb", endpoint_url=run.ready["dynamodb_url"])
    client.put_item(TableName="taskhook-dev-endpoints", Item={"id": {"S": "ci"}, "url": {"S": url}})


def titles(inbox):
    return sorted({json.loads(received.body)["title"] for received in inbox.received})


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
        "pid",
    ]
    assert run.ready["pid"] == run.process.pid
    assert run.ready["admin_username"] == "admin"


def test_stdout_gets_one_block_to_go_on_from(run):
    url, token = run.url, run.token

    assert run.stdout.splitlines() == [
        f"Taskhook runs on {url}",
        "",
        f'  Add a task      curl "{url}/?controller=task&action=add&token={token}&title=Hello"',
        f"  Settings page   {url}/settings",
        f"  Sign in         admin / {run.ready['admin_password']}  (shown this once)",
        "",
        "Ctrl-C ends it.",
    ]
    assert run.stderr == ""


def test_the_line_to_paste_adds_a_task(run):
    [target] = re.findall(r'curl "http://[^/]*(/.*)"', run.stdout)

    assert run.request("GET", target).body == "OK"


def test_a_second_run_on_the_same_data_is_refused(run):
    second = LocalRun(run.data_dir)
    second.ready_file = second.ready_file.with_name("second")

    ends_in_one_line(
        LocalRun(run.data_dir.parent / "x", "--data-dir", str(run.data_dir)), 1, "taskhook: Taskhook runs.*"
    )


def test_a_port_in_use_is_one_line(run, tmp_path):
    port = run.url.rpartition(":")[2]

    ends_in_one_line(LocalRun(tmp_path / "data", "--port", port), 1, f"taskhook: port {port} is in use: .*")


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
    [
        ["--port", "x"],
        ["--port", "65536"],
        ["--store", "disk"],
        ["--store", "http://[::1"],
        ["--store", "http://a"],
        ["x"],
    ],
)
def test_bad_arguments_exit_with_2(tmp_path, arguments):
    run = LocalRun(tmp_path / "data", *arguments)

    run.launch()

    assert run.wait() == 2
    assert "python -m local: error: " in run.stderr


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_time_and_in_order(tmp_path, how):
    run = LocalRun(tmp_path / "data")
    run.start()
    dynoxide = child_of(run)

    asked_at = time.monotonic()
    code = run.stop(how)

    assert (code, run.stderr) == (0, "")
    assert time.monotonic() - asked_at < 5
    assert not os.path.exists(f"/proc/{dynoxide}")
    assert not (run.data_dir / "run.json").exists()


def child_of(run):
    pid = run.process.pid
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        [child] = children.read().split()
    return int(child)


def test_it_ends_in_time_while_a_receiver_hangs(tmp_path):
    gone = threading.Event()
    with LocalRun(tmp_path / "data", environ={"DELIVERY_TIMEOUT": "60"}) as run, Peer(lambda _: gone.wait(30)) as peer:
        configure(run, f"http://127.0.0.1:{peer.port}/")
        run.add(title="x")
        wait_until(lambda: peer.connections)

        asked_at = time.monotonic()
        code = run.stop()
        gone.set()

    assert (code, time.monotonic() - asked_at < 5) == (0, True)


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
    assert ("Sign in" in first_said, "Sign in" in second_said) == (True, False)


def test_what_was_added_before_a_kill_is_there_and_is_delivered_after_it(tmp_path):
    run = LocalRun(tmp_path / "data")
    run.start()
    with Inbox() as inbox:
        configure(run, inbox.url)
        run.add(title="before")
        inbox.wait_for(1)
        os.kill(child_of(run), signal.SIGSTOP)  # nothing more is read from the stream
        os.kill(child_of(run), signal.SIGCONT)
        for number in range(20):
            assert run.add(title=f"{number:02}").body == "OK"
        run.kill()
        run.start()
        wait_until(lambda: len(titles(inbox)) == 21)
        seen_at_restart = len(inbox.received)
        run.add(title="z after")
        wait_until(lambda: "z after" in titles(inbox))
    run.stop()

    assert titles(inbox) == [*(f"{number:02}" for number in range(20)), "before", "z after"]
    assert seen_at_restart <= 21 + 8  # what was under way is repeated, and no more


def test_an_event_that_was_dispatched_is_not_repeated_by_a_restart(tmp_path):
    run = LocalRun(tmp_path / "data")
    run.start()
    with Inbox() as inbox:
        configure(run, inbox.url)
        run.add(title="once")
        inbox.wait_for(1)
        run.stop()
        run.start()
        run.add(title="after")
        wait_until(lambda: "after" in titles(inbox))
    run.stop()

    assert len(inbox.received) == 2


def test_a_killed_run_leaves_no_store_behind(tmp_path):
    run = LocalRun(tmp_path / "data")
    run.start()
    dynoxide = child_of(run)

    run.kill()

    wait_until(lambda: not os.path.exists(f"/proc/{dynoxide}"))


def test_a_store_that_dies_is_started_again_with_its_data(tmp_path):
    with LocalRun(tmp_path / "data") as run, Inbox() as inbox:
        configure(run, inbox.url)
        os.kill(child_of(run), signal.SIGKILL)

        wait_until(lambda: run.add(title="x").body == "OK")

        assert json.loads(inbox.wait_for(1)[0].body)["title"] == "x"
        assert "dynoxide ended with code -9 and is started again" in run.stderr


def test_the_memory_store_delivers_too_and_forgets(tmp_path):
    run = LocalRun(tmp_path / "data", store="memory")
    with run, Inbox() as inbox:
        configure(run, inbox.url)
        run.add(title="x")
        first_token = run.token

        assert json.loads(inbox.wait_for(1)[0].body)["title"] == "x"
    with run:
        assert run.token != first_token
    assert not (run.data_dir / "stream.json").exists()


def test_any_dynamodb_will_do_as_the_store(tmp_path, run):
    other = LocalRun(tmp_path / "data", store=run.ready["dynamodb_url"], environ={"TABLE_PREFIX": "another-"})
    with other:
        answer = other.add(title="x")

    assert answer.body == "OK"
    assert other.token != run.token


def test_without_dynoxide_the_data_are_kept_in_memory_and_a_line_says_so(tmp_path):
    environ = {"PATH": "/bin"}
    with LocalRun(tmp_path / "data", prefix=WITHOUT_DYNOXIDE, environ=environ) as run:
        answer = run.add(title="x")

    assert answer.body == "OK"
    assert run.stderr == "taskhook: dynoxide is not installed: the data are kept in memory and end with this run\n"


def test_manage_finds_the_run_by_its_directory(run):
    done = run.manage("--json", "project", "list")

    assert (done.returncode, [project["name"] for project in json.loads(done.stdout)]) == (0, ["My project"])
