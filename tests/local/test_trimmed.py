"""A stream that has trimmed the last run's end, as DynamoDB's does after a day."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.places import Places
from local.stream import Stream

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/tasks/stream/2026-01-01T00:00:00.000"
SHARD = "shardId-00000000000000000000-00000000"
TRIMMED = "TrimmedDataAccessException"
RECORD = {
    "eventName": "INSERT",
    "dynamodb": {"SequenceNumber": "900", "Keys": {"task_id": {"N": "7"}}},
}


class Trimmed(ThreadingHTTPServer):
    """A stream of one record; operation `refusing` refuses all places but the oldest left."""

    daemon_threads = True

    def __init__(self, refusing: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.refusing = refusing

    def answer(self, operation: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        where = asked.get("ShardIteratorType") or asked.get("ShardIterator")
        if operation == "DescribeStream":
            return 200, {"StreamDescription": {"StreamArn": ARN, "Shards": [{"ShardId": SHARD}]}}
        if where != "TRIM_HORIZON" and operation == self.refusing:
            return 400, {"__type": f"com.amazonaws.dynamodb.v20120810#{TRIMMED}"}
        if operation == "GetShardIterator":
            return 200, {"ShardIterator": where}
        return 200, {"Records": [RECORD], "NextShardIterator": where}


class _Handler(BaseHTTPRequestHandler):
    server: Trimmed

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, said = self.server.answer(self.headers["X-Amz-Target"].partition(".")[2], asked)
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving_trimmed(refusing: str) -> Iterator[str]:
    """Yield where the stream is."""
    with Trimmed(refusing) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("refusing", ["GetShardIterator", "GetRecords"])
def test_a_place_that_the_stream_has_forgotten_does_not_keep_it_from_being_read(
    tmp_path, monkeypatch, refusing
):
    place = tmp_path / "stream.json"
    place.write_text(json.dumps({"stream_arn": ARN, "shards": {SHARD: "100"}}))

    with serving_trimmed(refusing) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB_STREAMS", url)
        stream = Stream(ARN, Places(place, ARN))
        with pytest.raises(ClientError, match=TRIMMED):
            list(stream.look())
        read = [[record.sequence_number for record in page] for page in stream.look()]

    assert read == [["900"]]


def test_an_iterator_behind_which_the_stream_was_forgotten_does_not_keep_it_from_being_read(
    monkeypatch,
):
    with serving_trimmed("GetRecords") as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB_STREAMS", url)
        stream = Stream(ARN, Places(None, ARN))
        list(stream.look())
        stream._iterators[SHARD] = "AFTER_SEQUENCE_NUMBER"
        with pytest.raises(ClientError, match=TRIMMED):
            list(stream.look())
        read = [[record.sequence_number for record in page] for page in stream.look()]

    assert read == [["900"]]
