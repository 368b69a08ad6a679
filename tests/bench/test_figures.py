"""A figure beside its floor and its target."""

import pytest

from bench.figures import Figure


@pytest.mark.parametrize(
    ("figure", "cells"),
    [
        (Figure("alone", 1234.5, "ms"), ("alone", "1,234 ms", "", "", "", "")),
        (
            Figure("within", 1.4, "ms", 1.0, most_floors=1.4),
            ("within", "1.40 ms", "1", "1.40", "<= 1.4 x", "ok"),
        ),
        (
            Figure("beyond", 1.5, "ms", 1.0, most_floors=1.4),
            ("beyond", "1.50 ms", "1", "1.50", "<= 1.4 x", "over"),
        ),
        (Figure("quick", 3.5, "ms", 1.0, most=4), ("quick", "3.50 ms", "1", "3.50", "<= 4", "ok")),
        (Figure("slow", 4.5, "ms", most=4), ("slow", "4.50 ms", "", "", "<= 4", "over")),
        (
            Figure("many", 500, "a second", 1000, least=400),
            ("many", "500 a second", "1,000", "0.50", ">= 400", "ok"),
        ),
        (
            Figure("few", 300, "a second", least=400),
            ("few", "300 a second", "", "", ">= 400", "under"),
        ),
    ],
    ids=lambda given: given.what if isinstance(given, Figure) else "",
)
def test_a_figure_is_judged_by_its_target(figure, cells):
    assert figure.cells == cells
