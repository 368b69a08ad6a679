"""Rows of the store, read plainly."""

import json

from chalicelib.adapters.dynamodb.rows import plain_row


def test_a_whole_number_is_an_integer_however_the_store_writes_it():
    texts = ["1", "01", "1.0", "1E2", "-7.00", "1.5", "-0"]

    row = plain_row({"numbers": {"L": [{"N": text} for text in texts]}})

    assert json.dumps(row["numbers"]) == "[1, 1, 1, 100, -7, 1.5, 0]"
