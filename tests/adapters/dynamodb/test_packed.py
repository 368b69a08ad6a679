"""JSON in a payload's row is what any reader of zlib's format finds there."""

import base64
import json
import zlib

import pytest

from chalicelib.adapters.dynamodb.tables import Payload
from chalicelib.adapters.dynamodb.tables.payloads import pack

SIZES = [0, 1, 255, 256, 509, 510, 511, 4096, 70_000]


@pytest.mark.parametrize("size", SIZES)
def test_each_reader_of_zlib_finds_the_json(size):
    value = "é" * (size // 6) + "x" * (size % 6)  # \u00e9 takes six bytes

    packed = pack(value)

    assert json.loads(zlib.decompress(packed)) == value
    assert len(packed) <= size + 13  # quotes, and 11 bytes of zlib's


@pytest.mark.parametrize("size", SIZES)
def test_what_was_compressed_by_an_earlier_release_is_read(size):
    value = {"payload": "x" * size}
    stored = base64.b64encode(zlib.compress(json.dumps(value).encode())).decode()

    assert Payload.content.deserialize(stored) == value
