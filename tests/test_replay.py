"""Sending again from the command line: counted first, at a pace, stopped and gone on with."""

import json
import re
import signal
import subprocess
import sys

import pytest
import requests

from tests.support.local_run import ROOT, LocalRun, wait_until
from tests.support.receivers import Inbox

pytestmark = pytest.mark.xdist_group("replay")

TASKS = 12


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with LocalRun(
        tmp_path_factory.mktemp("replay") / "data", environ={"RETRY_DELAYS": "1,1,1,1,1,1,1,1"}
    ) as started:
        yield started


@pytest.fixture
def endpoint(request):
    return request.node.name[:50]


@pytest.fixture
def inbox(run, endpoint):
    """Behind an endpoint that has been sent some tasks."""
    with Inbox() as listening:
        manage(run, "endpoint", "add", listening.url, "--id", endpoint)
        for number in range(TASKS):
            query = {
                "controller": "task",
                "action": "add",
                "token": run.token,
                "title": f"task {number}",
            }
            assert requests.get(run.url, params=query, timeout=10).text == "OK"
        wait_until(lambda: len(delivered(run, endpoint)) == TASKS)
        yield listening
        manage(run, "endpoint", "remove", endpoint)


def start(run, *arguments):
    return subprocess.Popen(
        [sys.executable, "manage.py", "--local", "--data-dir", str(run.data_dir), *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background has Ctrl-C ignored, and what they start inherits
        # that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )


def manage(run, *arguments):
    process = start(run, *arguments)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    return stdout


def delivered(run, endpoint):
    return json.loads(
        manage(run, "delivery", "list", "--endpoint", endpoint, "--status", "delivered", "--json")
    )


def test_a_replay_is_stopped_with_ctrl_c_and_gone_on_with_by_the_command_that_it_prints(
    run, inbox, endpoint
):
    replay = ("delivery", "replay", "--endpoint", endpoint, "--since", "2026-01-01")
    ids = [received.headers["webhook-id"] for received in inbox.wait_for(TASKS)]
    counted = manage(run, *replay, "--dry-run")

    first = start(run, *replay, "--rate", "0.5")
    inbox.wait_for(TASKS + 3)
    first.send_signal(signal.SIGINT)
    _, said = first.communicate(timeout=30)
    [command] = re.findall("^continue with: (.*)$", said, re.MULTILINE)
    faster = command.replace("--rate 0.5", "--rate 100")
    second = subprocess.check_output(["bash", "-c", f"{faster} --json"], cwd=ROOT)

    again = [received.headers["webhook-id"] for received in inbox.wait_for(2 * TASKS)[TASKS:]]
    assert re.split(r"\s+", counted.strip()) == [
        "found",
        str(TASKS),
        "delivered",
        str(TASKS),
        "sent_again",
        "0",
    ]
    assert first.returncode == 130
    assert f" of {TASKS}\n" in said
    assert json.loads(second)["sent_again"] < TASKS
    assert sorted(again) == sorted(ids)


def test_a_delivery_that_is_sent_again_is_retried_like_any_other(run, inbox, endpoint):
    [*_, one] = delivered(run, endpoint)
    inbox.status = 500

    sent = json.loads(manage(run, "delivery", "retry", one["id"], "--json"))
    inbox.wait_for(TASKS + 2)
    inbox.status = 204

    assert (sent["id"], sent["status"]) == (one["id"], "pending")
    wait_until(lambda: len(delivered(run, endpoint)) == TASKS)
    shown = json.loads(manage(run, "delivery", "show", one["id"], "--json"))
    assert [attempt["status"] for attempt in shown["attempts"]][:3] == [204, 500, 500]
    assert shown["attempts"][-1]["status"] == 204


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["retry", "nobody"], "manage.py: there is no delivery nobody"),
        (
            ["replay", "--endpoint", "nobody", "--since", "0"],
            "manage.py: there is no endpoint nobody",
        ),
        (
            ["replay", "--endpoint", "ci"],
            "manage.py delivery replay: the following arguments are required: --since",
        ),
        (
            ["replay", "--endpoint", "ci", "--since", "0", "--rate", "0"],
            "manage.py delivery replay: argument --rate",
        ),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(run, arguments, complaint):
    process = start(run, "delivery", *arguments)
    _, said = process.communicate(timeout=30)

    assert (process.returncode, said.count("\n")) == (2, 1)
    assert said.startswith(complaint)
