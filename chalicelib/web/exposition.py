"""Metrics in Prometheus' text format; imported with the first scrape.

Counters come from rows that only grow. What rises and falls is a gauge. An endpoint is named by its
id, never by its URL, which may be a secret.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from chalice.app import Response
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from chalicelib import __version__
from chalicelib.domain.statistics import BOUNDS_MS, Counts
from chalicelib.services.deliveries.monitoring import (
    MAX_COUNTED,
    READINGS,
    EndpointReading,
)
from chalicelib.services.endpoints.states import EndpointState

_Readings = Sequence[EndpointReading]


class _Collector:
    """The metrics of one scrape."""

    def __init__(self, readings: _Readings) -> None:
        self._readings = readings

    def collect(self) -> Iterator[Metric]:
        """Yield each family of metrics."""
        yield InfoMetricFamily("taskhook_build", "This Taskhook.", {"version": __version__})
        yield _attempts(self._readings)
        yield _durations(self._readings)
        yield _given_up(self._readings)
        yield from _backlogs(self._readings)
        yield _states(self._readings)
        yield _counted_until(self._readings)


def response() -> Response:
    """Return all metrics."""
    text = generate_latest(_Collector(READINGS.get())).decode()
    return Response(text, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


def _attempts(readings: _Readings) -> Metric:
    family = CounterMetricFamily(
        "taskhook_attempts",
        "Attempts, without tests. First attempts are counted two to three minutes after the change "
        "(see taskhook_counted_timestamp_seconds), retries at once.",
        labels=["endpoint", "attempt", "outcome"],
    )
    for one in readings:
        first, later = one.first, one.later
        delivered, failed = first.first, first.made - first.first
        family.add_metric([one.endpoint_id, "first", "delivered"], delivered + later.late_delivered)
        family.add_metric([one.endpoint_id, "first", "failed"], failed + later.late_failed)
        family.add_metric([one.endpoint_id, "retry", "delivered"], later.delivered)
        family.add_metric([one.endpoint_id, "retry", "failed"], later.failed)
    return family


def _durations(readings: _Readings) -> Metric:
    family = HistogramMetricFamily(
        "taskhook_first_attempt_duration_seconds",
        "Durations of first attempts, but for deliveries that waited longer than two minutes.",
        labels=["endpoint"],
    )
    for one in readings:
        family.add_metric([one.endpoint_id], _buckets(one.first), one.first.took_ms / 1000)
    return family


def _buckets(counts: Counts) -> list[tuple[str, float]]:
    bounds = [str(bound / 1000) for bound in BOUNDS_MS] + ["+Inf"]
    return list(zip(bounds, accumulate(map(float, counts.histogram)), strict=True))


def _given_up(readings: _Readings) -> Metric:
    family = CounterMetricFamily(
        "taskhook_deliveries_given_up",
        "Deliveries that were given up, without tests.",
        labels=["endpoint"],
    )
    for one in readings:
        family.add_metric([one.endpoint_id], one.later.given_up)
    return family


def _backlogs(readings: _Readings) -> Iterator[Metric]:
    waiting = GaugeMetricFamily(
        "taskhook_deliveries_waiting",
        f"Deliveries that wait for an attempt; {MAX_COUNTED} means at least so many.",
        labels=["endpoint"],
    )
    oldest = GaugeMetricFamily(
        "taskhook_oldest_due_delivery_age_seconds",
        "How long the oldest due delivery has been due, 0 if none is; what waits for a suspended "
        "endpoint is not due before its next probe.",
        labels=["endpoint"],
    )
    for one in readings:
        if one.backlog is not None:
            waiting.add_metric([one.endpoint_id], one.backlog.waiting)
            oldest.add_metric([one.endpoint_id], round(one.backlog.oldest_due_s, 3))
    yield waiting
    yield oldest


def _states(readings: _Readings) -> Metric:
    family = GaugeMetricFamily(
        "taskhook_endpoint_state",
        "1 for the state that an endpoint is in, 0 for the others.",
        labels=["endpoint", "state"],
    )
    for one in readings:
        for state in EndpointState:
            family.add_metric([one.endpoint_id, state.value], int(one.state is state))
    return family


def _counted_until(readings: _Readings) -> Metric:
    family = GaugeMetricFamily(
        "taskhook_counted_timestamp_seconds",
        "When the newest delivery was created whose first attempt is counted; absent if none is.",
        labels=["endpoint"],
    )
    for one in readings:
        if one.counted_until is not None:
            family.add_metric([one.endpoint_id], one.counted_until)
    return family
