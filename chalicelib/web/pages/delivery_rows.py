"""Deliveries and their figures as several pages show them."""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.domain import statistics
from chalicelib.domain.statistics import Counts
from chalicelib.services.deliveries import delivery_log
from chalicelib.web.pages import charts, presenting, state_words


def listed(
    rows: Sequence[Delivery], known: Mapping[str, Endpoint], names: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return deliveries as the list shows them, with the current titles of their tasks."""
    titles = delivery_log.titles_of([int(row.task_id) for row in rows if row.task_id])
    return [
        {
            **presenting.listed(row),
            **state_words.of_delivery(row, known.get(row.endpoint_id)),
            "title": titles.get(int(row.task_id), ""),
            "host": names.get(row.endpoint_id, row.endpoint_id),
        }
        for row in rows
    ]


def numbers(counts: Counts) -> dict[str, Any]:
    """Return counts in words: how many, the share of good first attempts, and percentiles."""
    share = statistics.first_share(counts)
    half, most = (statistics.percentile(counts.histogram, part) for part in (0.5, 0.99))
    return {
        "made": f"{counts.made:,}",
        "first": charts.percent(share),
        "is_good": share is None or share >= 0.95,
        "p50": charts.ms_of(counts.histogram, 0.5),
        "p99": charts.ms_of(counts.histogram, 0.99),
        "both": "none" if half is None or most is None else f"{half:,.0f} / {most:,.0f}",
    }
