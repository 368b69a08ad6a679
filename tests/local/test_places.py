"""The position in a stream that a run leaves to the next one."""

import json

import pytest

from local.places import Places

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/tasks/stream/2026-01-01T00:00:00.000"


@pytest.mark.parametrize("earlier", [None, "not a position " * 20])
def test_the_last_position_is_kept_though_earlier_ones_were_longer(tmp_path, earlier):
    file = tmp_path / "stream.json"
    if earlier:
        file.write_text(earlier)
    places = Places(file, ARN)

    for number in ("1000", "100000000", "7"):
        places.save("shard-1", number)
        assert json.loads(file.read_text())["shards"] == {"shard-1": number}
    places.save("shard-2", "12")

    next_run = Places(file, ARN)
    assert [next_run.of(shard) for shard in ("shard-1", "shard-2")] == ["7", "12"]


def test_the_position_in_another_stream_is_ignored(tmp_path):
    file = tmp_path / "stream.json"
    Places(file, ARN).save("shard-1", "1")

    assert Places(file, "another stream").of("shard-1") is None
