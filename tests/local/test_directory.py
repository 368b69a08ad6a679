"""The data directory: one run at a time, and what it tells others."""

import os
from pathlib import Path

import pytest

import local
from chalicelib.domain.errors import StoreUnavailable
from local.directory import CannotStart, DataDirectory, read_json, write_json

RUN = {
    "dynamodb_url": "http://127.0.0.1:1",
    "sqs_url": "http://127.0.0.1:2",
    "retry_queue_url": "http://127.0.0.1:2/q",
    "failure_queue_url": "http://127.0.0.1:2/f",
    "table_prefix": "taskhook-dev-",
    "allowed_private_networks": "127.0.0.0/8",
    "ca_bundle": "",
    "delivery_proxy": "",
    "aws_access_key_id": "TH1",
    "aws_secret_access_key": "s",
    "url": "http://127.0.0.1:3",
    "pid": 4,
}


def test_a_second_holder_is_refused(tmp_path):
    with DataDirectory(tmp_path).held(), pytest.raises(CannotStart, match="already runs on"):
        DataDirectory(tmp_path).held().__enter__()


def test_a_directory_can_be_held_again_after_its_holder_has_ended(tmp_path):
    with DataDirectory(tmp_path).held():
        pass

    with DataDirectory(tmp_path).held():
        held = True

    assert held


def test_a_directory_is_made(tmp_path):
    with DataDirectory(tmp_path / "a" / "b").held():
        assert (tmp_path / "a" / "b").is_dir()


def test_a_directory_that_is_made_is_its_owners_alone(tmp_path):
    with DataDirectory(tmp_path / "a").held():
        mode = (tmp_path / "a").stat().st_mode

    assert mode & 0o777 == 0o700


def test_a_directory_that_is_a_file_is_refused_in_one_line(tmp_path):
    path = tmp_path / "file"
    path.touch()

    with pytest.raises(
        CannotStart, match=r"^the data directory .*file cannot be used: File exists$"
    ):
        DataDirectory(path).held().__enter__()


def test_what_a_run_publishes_is_found_while_it_runs(tmp_path):
    directory = DataDirectory(tmp_path)

    with directory.held():
        directory.publish(RUN)
        seen = DataDirectory(tmp_path).running()

    assert seen == RUN
    assert directory.running() is None


def test_what_a_killed_run_has_published_counts_no_more(tmp_path):
    directory = DataDirectory(tmp_path)
    with directory.held():
        pass
    directory.publish(RUN)  # as kill -9 leaves it

    assert directory.running() is None


def test_connecting_points_the_environment_at_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "environ", {"AWS_PROFILE": "work", "NO_PROXY": "example.com"})
    directory = DataDirectory(tmp_path)

    with directory.held():
        directory.publish(RUN)
        local.connect(tmp_path)

    assert {
        name: os.environ.get(name)
        for name in ("AWS_ENDPOINT_URL_DYNAMODB", "TABLE_PREFIX", "AWS_PROFILE")
    } == {
        "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1",
        "TABLE_PREFIX": "taskhook-dev-",
        "AWS_PROFILE": None,
    }
    assert os.environ["NO_PROXY"] == "example.com,127.0.0.1"


def test_connecting_where_nothing_runs_says_how_to_start_it(tmp_path):
    with pytest.raises(StoreUnavailable, match="nothing runs on .*: start it with `make run`"):
        local.connect(tmp_path)


def test_a_broken_file_reads_as_empty(tmp_path):
    path = Path(tmp_path / "x.json")
    path.write_text('{"half')

    assert read_json(path) == {}


def test_a_write_that_fails_leaves_the_file_as_it_was_and_no_litter(tmp_path):
    path = Path(tmp_path / "x.json")
    write_json(path, {"a": 1})

    with pytest.raises(TypeError):
        write_json(path, {"a": object()})

    assert read_json(path) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]
