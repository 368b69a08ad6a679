"""What is postponed of botocore is the real thing as soon as anything uses it."""

import json
import os
import subprocess
import sys

import pytest

from tools.package import ROOT

pytestmark = pytest.mark.process

HEAVY = {"botocore.client", "botocore.credentials", "botocore.session", "urllib3"}

LOADED = """
import json, sys
from chalicelib.adapters.dynamodb import tables
print(json.dumps([name for name, module in sys.modules.items() if hasattr(module, "__file__")]))
"""

USED = """
import threading
from chalicelib.adapters.dynamodb import tables, client

def use():
    from botocore.session import Session
    from botocore.config import Config
    import botocore.client
    found.append((Session, Config, botocore.client.BaseClient, client.client()))

found = []
threads = [threading.Thread(target=use) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
[kinds] = {one[:3] for one in found}
print(*[f"{kind.__module__}.{kind.__name__}" for kind in kinds], len(found))
print(type(found[0][3]).__name__, isinstance(found[0][3], kinds[2]))
"""

FIRST = """
import botocore.session, botocore.client
before = botocore.session, botocore.client
from chalicelib.adapters.dynamodb import tables
import pynamodb.connection.base as base
is_same = base.ClientError is botocore.client.ClientError
print(before == (botocore.session, botocore.client), is_same)
"""

BOTO3 = """
from chalicelib.adapters.dynamodb import tables
import boto3
print(boto3.client("dynamodb").meta.service_model.service_name)
"""


def said_by(program):
    plain = {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "a"}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | plain | {"AWS_SECRET_ACCESS_KEY": "b"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_tables_load_nothing_of_botocore_but_its_exceptions():
    assert HEAVY & set(json.loads(said_by(LOADED))) == set()


def test_threads_that_use_it_at_once_get_the_real_classes():
    kinds = "botocore.session.Session botocore.config.Config botocore.client.BaseClient 4"
    assert said_by(USED) == f"{kinds}\nDynamoDB True\n"


def test_what_is_imported_already_is_left_as_it_is():
    assert said_by(FIRST) == "True True\n"


def test_boto3_finds_all_that_it_needs_afterwards():
    assert said_by(BOTO3) == "dynamodb\n"
