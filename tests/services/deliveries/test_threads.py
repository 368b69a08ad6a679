"""What a process may have under way, and what it makes of having no more of it."""

import subprocess
import sys

import pytest

from tests.support.local_run import ROOT

OUT_OF_FILES = """
import resource
from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.services.deliveries import attempts
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
