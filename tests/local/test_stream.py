"""Where the stream is read from, and what becomes of a run whose stream cannot be read at all."""

import json
import shutil
from urllib.parse import urlsplit

import pytest

from tests.support.local_run import LocalRun, wait_until
from tests.support.receivers import Inbox
from tests.support.recording_relay import relaying

pytestmark = pytest.mark.xdist_group("local runs")


@pytest.fixture(scope="module")
def delivered(tmp_path_factory):
    """Return the directory of a run that has ended, and the receiver of its one task."""
    run = LocalRun(tmp_path_factory.mktemp("stream") / "data")
    with Inbox() as inbox:
        with run:
            run.configure(inbox.url)
            run.add(title="before")
            wait_until(lambda: run.states() == ["delivered"])
        assert len(inbox.received) == 1
        yield run.data_dir, inbox


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (
            lambda place: json.dumps(place | {"shards": dict.fromkeys(place["shards"], "9999")}),
            "ends before 9999",
        ),
        (
            lambda place: json.dumps(place | {"shards": dict.fromkeys(place["shards"], 2)}),
            "holds no places",
        ),
        (lambda place: json.dumps(place)[:-10], "holds no places"),
        (lambda place: json.dumps(dict.fromkeys(place, -1)), "holds no places"),
        (lambda _: "[" * 100_000, "holds no places"),
    ],
    ids=["behind the end of the stream", "no text", "damaged", "of other kinds", "too deep"],
)
def test_a_place_that_cannot_be_is_told_and_the_stream_read_from_its_beginning(
    delivered, tmp_path, damage, told
):
    data_dir, inbox = delivered
    run = LocalRun(shutil.copytree(data_dir, tmp_path / "data"))
    place = run.data_dir / "stream.json"
    place.write_text(damage(json.loads(place.read_text())))
    before = len(inbox.received)

    with run:
        run.add(title="after")
        wait_until(lambda: run.states() == ["delivered"] * 2)
        said = run.stderr

    assert said.count("\n") == 1
    assert told in said
    assert [json.loads(post.body)["title"] for post in inbox.received[before:]] == ["after"]


def test_an_unforeseen_end_of_the_thread_that_reads_the_stream_ends_the_run(tmp_path):
    with LocalRun(tmp_path / "first", store="memory") as first:
        keys, port = ":".join(first.keys.values()), urlsplit(first.ready["dynamodb_url"]).port
        with relaying(port, 0) as relay:
            run = LocalRun(
                tmp_path / "second", store=relay.url.replace("http://", f"http://{keys}@")
            )
            run.start()
            relay.answers["GetRecords"] = b'{"Records": [{}]}'
            run.add(title="x")
            code = run.wait()

    assert (code, run.stderr.splitlines()) == (
        1,
        [
            "taskhook: the thread stream failed: KeyError('dynamodb')",
            "taskhook: the process that calls the event handlers ended with code 1; stopping",
        ],
    )
