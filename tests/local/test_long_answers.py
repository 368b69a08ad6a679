"""A local run answers what would be too long for Lambda."""

import base64
import gzip
import json
from contextlib import closing

import pytest

from local.answers import packed
from tests.support.local_run import LocalRun

LONG = b"[" + b"1," * 4_000_000 + b"1]"


@pytest.mark.parametrize("accepted", ["gzip", "br, gzip;q=0.5", "deflate , GZIP ; q=1.0, br"])
def test_a_long_answer_is_compressed_for_who_accepts_it(accepted):
    headers, body = packed(accepted, {"Content-Type": "application/json"}, LONG)

    assert (headers["Content-Encoding"], gzip.decompress(body)) == ("gzip", LONG)


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "br, gzip; q=0.000", "notgzip"])
def test_a_long_answer_is_whole_for_who_does_not(accepted):
    assert packed(accepted, {}, LONG) == ({}, LONG)


def test_a_short_answer_is_never_compressed():
    assert packed("gzip", {}, b"x" * 1_000_000) == ({}, b"x" * 1_000_000)


def test_all_tasks_of_a_project_are_answered_beyond_the_limit_of_lambda(tmp_path):
    texts = [str(number) * 390_000 for number in range(9)] * 2
    with LocalRun(tmp_path / "data", store="memory") as run, closing(run.connection()) as caller:
        credentials = f"jsonrpc:{run.ready['api_token']}".encode()
        headers = {"Authorization": "Basic " + base64.b64encode(credentials).decode()}

        def answer(method, **more):
            call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {"project_id": 1} | more}
            caller.request("POST", "/jsonrpc.php", json.dumps(call), headers)
            said = caller.getresponse()
            body = said.read()
            is_packed = said.headers["Content-Encoding"] == "gzip"
            return json.loads(gzip.decompress(body) if is_packed else body)["result"], is_packed

        for text in texts:
            answer("createTask", title="x", description=text)
        listed, was_packed = answer("getAllTasks")
        headers["Accept-Encoding"] = "gzip"
        [lane], lane_was_packed = answer("getBoard")

    assert [task["description"] for task in listed] == texts
    assert [task["description"] for task in lane["columns"][0]["tasks"]] == texts
    assert (was_packed, lane_was_packed) == (False, True)
