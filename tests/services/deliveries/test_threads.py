"""What a process may have under way, and what it makes of having no more of it."""

import subprocess
import sys
import threading

import pytest

from chalicelib.services.deliveries import endpoint_threads
from tests.support.local_run import ROOT, wait_until

OUT_OF_FILES = """
import resource
from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.services.deliveries import attempts, endpoint_threads
row = Delivery("ci.1", "1", event_id="e", event_type="task.created", task_version=1,
    format="kanboard", body="{}", status="pending",
               give_up_at=2e9, expires_at=1)
secret = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
endpoint = Endpoint("ci", url="http://127.0.0.1:9/", secret=secret)
before = attempts.attempt(row, endpoint, "token", 1.0)
resource.setrlimit(resource.RLIMIT_NOFILE, (0, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
after = attempts.attempt(row, endpoint, "token", 1.0)
print(tuple(before.tally), tuple(after.tally), row.status, row.tries)
"""


@pytest.mark.process
def test_having_no_socket_left_is_no_failure_of_the_endpoint():
    said = subprocess.run(
        [sys.executable, "-c", OUT_OF_FILES], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert said.stdout == "(0, 1, 0) (0, 0, 0) pending 2\n"


def test_the_more_endpoints_the_fewer_threads_has_each():
    endpoint_threads.share_threads([f"endpoint-{number}" for number in range(150)])
    release, begun = threading.Event(), []

    def work():
        begun.append(threading.current_thread().name)
        return release.wait(10)

    runs = [endpoint_threads.submit("endpoint-1", work) for _ in range(6)]
    wait_until(lambda: len(begun) == 2)
    are_waiting = [run.running() for run in runs].count(False)
    release.set()

    assert [run.result() for run in runs] == [True] * 6
    assert (are_waiting, len(set(begun))) == (4, 2)
    assert (
        endpoint_threads.at_once(),
        endpoint_threads.half_open_batch(128),
        endpoint_threads.half_open_batch(1),
    ) == (
        2,
        8,
        1,
    )


def test_an_endpoint_that_is_no_more_has_no_threads():
    endpoint_threads.share_threads(["one", "other"])
    for endpoint_id in ("one", "other"):
        endpoint_threads.submit(endpoint_id, str).result()

    endpoint_threads.share_threads(["one"])

    wait_until(
        lambda: (
            not [thread for thread in threading.enumerate() if thread.name.startswith("post-other")]
        )
    )
    assert [thread for thread in threading.enumerate() if thread.name.startswith("post-one")]
