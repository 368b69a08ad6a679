"""What is remembered of posts that nobody has recorded has bounds."""

from chalicelib.adapters.dynamodb.tables import Delivery
from chalicelib.services.deliveries.unrecorded import Unrecorded


def row(task_id, sequence, body="{}"):
    return Delivery(f"ci.{task_id}", sequence, body=body)


def test_what_is_kept_is_found_by_its_place_until_it_is_dropped():
    kept, others = row(1, "1"), row(2, "1")
    unrecorded = Unrecorded()
    unrecorded.keep(kept)
    unrecorded.keep(others)

    found = [
        unrecorded.of("ci.1", "1"),
        unrecorded.of("ci.2", "1"),
        unrecorded.of("ci.1", "2"),
        "1" in unrecorded,
    ]
    unrecorded.drop(["1", "2"])

    assert found == [kept, others, None, True]
    assert "1" not in unrecorded
    assert unrecorded.of("ci.1", "1") is None


def test_the_oldest_rows_are_forgotten_where_there_are_too_many():
    unrecorded = Unrecorded(max_rows=2)

    for sequence in "123":
        unrecorded.keep(row(1, sequence))

    assert [sequence in unrecorded for sequence in "123"] == [False, True, True]


def test_the_oldest_rows_are_forgotten_where_their_bodies_are_too_long():
    unrecorded = Unrecorded(max_text=10)

    for sequence in "123":
        unrecorded.keep(row(1, sequence, "x" * 5))

    assert [sequence in unrecorded for sequence in "123"] == [False, True, True]


def test_a_row_that_is_kept_again_counts_once():
    unrecorded = Unrecorded(max_rows=2)

    for _ in range(3):
        unrecorded.keep(row(1, "1"))
    unrecorded.keep(row(1, "2"))

    assert [sequence in unrecorded for sequence in "12"] == [True, True]
