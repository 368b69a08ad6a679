"""A local run whose store is called by botocore alone."""

import json

import pytest

from tests.support.local_run import LocalRun
from tests.support.receivers import Inbox

pytestmark = pytest.mark.xdist_group("local runs")


def test_an_event_arrives_whoever_sends_the_calls_of_the_store(tmp_path):
    with Inbox() as inbox, LocalRun(tmp_path / "data", environ={"STORE_CLIENT": "botocore"}) as run:
        run.configure(inbox.url)
        run.add(title="Write")
        [post] = inbox.wait_for(1)
        run.wait_until(lambda: run.states() == ["delivered"])

    assert json.loads(post.body)["title"] == "Write"
