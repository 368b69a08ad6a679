"""A run, called as its OpenAPI document says and as it does not, by schemathesis."""

import base64
import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from string import Template

import pytest

from tests.support.local_run import LocalRun

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.version_info < (3, 11), reason="schemathesis has no release for 3.10"),
]

SECRET = "a-secret-of-a-source"

CONFIG = Template("""
[auth.openapi]
webhookToken = { bearer = "${token}" }
sourceToken = { bearer = "${secret}" }
apiToken = { bearer = "${api_token}" }
api = { username = "jsonrpc", password = "${api_token}" }

[parameters]
"path.source_id" = "ci"
""")

NOT_OURS = "positive_data_acceptance,unsupported_method"
"""What is well formed may name what does not exist; the local gateway answers 501 to TRACE."""

JSON_RPC = "^/jsonrpc"
PARTS = {
    "all but the API": ["--exclude-path-regex", JSON_RPC, "--exclude-checks", NOT_OURS],
    # JSON-RPC answers 200 to what it refuses.
    "the API": [
        *("--include-path-regex", JSON_RPC),
        *("--exclude-checks", f"{NOT_OURS},negative_data_rejection"),
    ],
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with a source, and its OpenAPI document in a file."""
    folder = tmp_path_factory.mktemp("fuzzed")
    with LocalRun(folder / "data", store="memory") as run:
        post_rpc(run, "createSource", {"id": "ci", "secret": SECRET})
        document = read(run, "/openapi.json", f"Bearer {run.ready['api_token']}")
        (folder / "openapi.json").write_bytes(document)
        config = CONFIG.substitute(run.ready, secret=SECRET)
        (folder / "schemathesis.toml").write_text(config)
        yield run, folder


def read(run, path, authorization, body=None):
    headers = {"Authorization": authorization}
    request = urllib.request.Request(run.ready["url"] + path, body, headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def post_rpc(run, method, params):
    credentials = base64.b64encode(f"jsonrpc:{run.ready['api_token']}".encode()).decode()
    called = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    assert "result" in json.loads(
        read(run, "/jsonrpc.php", f"Basic {credentials}", json.dumps(called).encode())
    )


@pytest.mark.parametrize("part", PARTS)
def test_no_request_is_answered_other_than_the_document_says(run, part):
    local, folder = run
    ran = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            *("--config-file", "schemathesis.toml", "run", "openapi.json"),
            *("--url", local.ready["url"], "--checks", "all", *PARTS[part]),
            *("--phases", "fuzzing", "--max-examples", "15", "--seed", "1", "--no-color"),
            *("--max-redirects", "1", "--warnings", "off", "--continue-on-failure"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "internal error" not in local.stderr.lower()
