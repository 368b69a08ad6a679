"""Deliveries and their figures as several pages show them."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.domain import statistics
from chalicelib.domain.delivery_states import Status
from chalicelib.domain.statistics import Counts
from chalicelib.services.deliveries import delivery_log
from chalicelib.services.deliveries.summaries import summary_of
from chalicelib.web.pages import charts, presenting, state_words, times


def listed(
    rows: Sequence[Delivery], known: Mapping[str, Endpoint], names: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return deliveries as the list shows them, with the current titles of their tasks."""
    now = time.time()
    titles = delivery_log.titles_of([int(row.task_id) for row in rows if row.task_id])
    return [
        {
            **presenting.listed(row),
            **state_words.of_delivery(row, known.get(row.endpoint_id)),
            "age": times.stamp(row.created_at, f"{presenting.span(now - row.created_at)} ago"),
            **_result(row),
            "title": titles.get(int(row.task_id), ""),
            "host": names.get(row.endpoint_id, row.endpoint_id),
        }
        for row in rows
    ]


def _result(row: Delivery) -> dict[str, str]:
    """Return the status code of the last answer, and what the state does not say of the result."""
    outcome, is_untried = str(row.outcome), row.is_pending and not row.tries
    code = outcome[:3] if row.tries and outcome[:3].isdecimal() else ""
    if summary_of(row).is_broken:
        return {"code": "", "why": outcome}
    is_said = is_untried or row.status == Status.SUPERSEDED.value or delivery_log.is_sent_again(row)
    return {"code": code, "why": "" if is_said or outcome == code else outcome}


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
