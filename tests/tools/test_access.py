"""A deployment without credentials or region says what to set before it packages."""

import os
import subprocess
import sys

import pytest

import manage
from tools import deploy
from tools.package import ROOT

NO_CREDENTIALS = (
    "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
)
NO_REGION = "no AWS region: set AWS_DEFAULT_REGION, to eu-central-1, say"


@pytest.fixture
def environ(monkeypatch):
    """The environment of somebody who has never set up AWS."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, f"{NO_CREDENTIALS}\n{NO_REGION}"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, NO_CREDENTIALS),
        ({"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}, NO_REGION),
    ],
)
@pytest.mark.parametrize("verb", ["check", "deploy", "destroy"])
def test_what_is_missing_is_told_with_what_to_set(environ, verb, given, told):
    environ.setattr(sys, "argv", ["deploy", verb])
    for name, value in given.items():
        environ.setenv(name, value)

    with pytest.raises(SystemExit) as ended:
        deploy.main()

    assert ended.value.code == f"{verb}: {told}"


def test_who_forgets_that_the_run_is_a_local_one_is_told_of_it(environ, capsys):
    environ.setattr(sys, "argv", ["manage.py", "endpoint", "list"])

    with pytest.raises(SystemExit) as ended:
        manage.main()

    said = capsys.readouterr().err
    assert ended.value.code == 3
    assert said.startswith("manage.py: the store cannot be reached (")
    assert said.endswith("; AWS needs a region and credentials; for a local run, add --local\n")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9"}, 3),
        ({"AWS_ENDPOINT_URL_DYNAMODB": "nonsense"}, 3),
        ({"AWS_PROFILE": "nobody"}, 3),
        ({"AWS_SECRET_ACCESS_KEY": ""}, 3),
        ({"AWS_CONFIG_FILE": str(ROOT / "Makefile")}, 3),
        ({"LOG_LEVEL": "loud"}, 2),
    ],
)
@pytest.mark.usefixtures("environ")
def test_what_cannot_be_reached_or_read_is_told_in_one_line(given, code):
    keys = {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }

    done = subprocess.run(
        [sys.executable, ROOT / "manage.py", "endpoint", "list"],
        env={**os.environ, **keys, **given},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (code, "", 1)


def test_a_local_run_that_is_not_there_cannot_be_reached(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(
        sys, "argv", ["taskhook", "--local", "--data-dir", str(tmp_path), "task", "list"]
    )

    with pytest.raises(SystemExit) as ended:
        manage.main()

    assert ended.value.code == 3
    assert capsys.readouterr().err.startswith(f"taskhook: nothing runs on {tmp_path}: start it")
