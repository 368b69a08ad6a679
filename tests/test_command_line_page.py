"""Each command of docs/command-line.md, run as it stands there against a local run."""

import os
import re

import boto3
import pytest

from tests.support.local_run import ROOT, LocalRun
from tests.support.operator_shell import Shell
from tests.support.receivers import Inbox
from tools import verbs

PAGE = (ROOT / "docs/command-line.md").read_text()
BLOCKS = re.findall(r"^```bash\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
DEFINED = 'taskhook() { .venv/bin/taskhook "$@"; }\n'
SOME_DELIVERY = """
taskhook task add "Call the endpoint"
DELIVERY=
until [ "$DELIVERY" ]
do DELIVERY=$(taskhook delivery list | sed -n "/task.created.*delivered/s/ .*//p")
done
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with LocalRun(tmp_path_factory.mktemp("page") / "data") as started:
        yield started


@pytest.fixture
def shell(run, tmp_path):
    own = {
        "AWS_ENDPOINT_URL": run.ready["dynamodb_url"],
        "ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8",
        "TABLE_PREFIX": "taskhook-dev-",
        "HOME": str(tmp_path),
        "PASSWORD": "a long password",
    }
    (tmp_path / ".config/fish/completions").mkdir(parents=True)
    with Shell(tmp_path / "shell", os.environ | run.environ | own) as started:
        yield started


def create_restored_table(run):
    """Create what DynamoDB's restore would have made."""
    store = boto3.client(
        "dynamodb",
        endpoint_url=run.ready["dynamodb_url"],
        region_name="us-east-1",
        aws_access_key_id=run.ready["aws_access_key_id"],
        aws_secret_access_key=run.ready["aws_secret_access_key"],
    )
    store.create_table(
        TableName="restored-tasks",
        AttributeDefinitions=[{"AttributeName": "task_id", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "task_id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )


def test_every_verb_is_on_the_page():
    named = set(re.findall(r"\btaskhook ([a-z]+ [a-z-]+)", "\n".join(BLOCKS)))
    named |= set(re.findall(r"^taskhook (delivery tail)", PAGE, re.MULTILINE))

    all_of_them = {
        f"{thing} {verb.name}" for thing in verbs.MODULES for verb in verbs.verbs_of(thing)
    }
    assert named == all_of_them


def test_every_command_runs_in_the_order_of_the_page(run, shell, tmp_path):
    create_restored_table(run)

    with Inbox() as inbox:
        for block in BLOCKS:
            given = SOME_DELIVERY + block if "$DELIVERY" in block else block
            shell.run(DEFINED + given.replace("http://127.0.0.1:9000/", inbox.url))

    scripts = [(tmp_path / name).read_text() for name in (".bashrc", ".zshrc")]
    assert [script.startswith('eval "$(taskhook completion') for script in scripts] == [True, True]
    assert "_TASKHOOK_COMPLETE" in (tmp_path / ".config/fish/completions/taskhook.fish").read_text()
