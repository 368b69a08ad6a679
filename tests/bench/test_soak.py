"""What a soak tells: the end beside the beginning, and the most that there was in between."""

import pytest

pytest.importorskip("matplotlib", reason="has no release for Python 3.10")

from bench.soak import Need, Sample, figures


def test_the_end_is_told_beside_the_first_tenth_and_threads_at_their_most():
    threads = [5, 7, *[40] * 17, 9]
    seen = [
        Sample(number, {"HTTP": Need(50 + number, count)}, 10 * number, number)
        for number, count in enumerate(threads)
    ]

    told = {figure.what: (figure.value, figure.floor) for figure in figures(seen, 190, 189)}

    assert told == {
        "posts that arrived at the endpoint that answers; floor: adds": (189, 190),
        "HTTP, memory": (69, 52),
        "HTTP, threads at the end": (9, 40),
        "HTTP, threads at most": (40, None),
        "deliveries that wait": (190, 20),
        "files": (19, 2),
    }
