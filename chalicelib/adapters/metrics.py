"""Metrics: counted while a function runs, written as one line of its log when it ends.

CloudWatch reads them from the log, so that they cost no call. The line has CloudWatch's embedded
metric format:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import logging
import threading
import time
from collections.abc import Mapping
from typing import Literal

from chalicelib.config import CONFIG

Name = Literal[
    "TasksAdded",
    "RefusedForToken",  # requests to add a task by URL
    "RefusedForInput",
    "RefusedForStore",
    "Delivered",
    "AttemptsFailed",  # and retried later
    "GivenUp",
    "Superseded",
    "ArrivalMs",  # from a task's change to a 2xx at the first attempt
    "RetriesWaiting",
    "OldestDueSeconds",
    "EndpointsSuspended",
    "EndpointsDisabled",
]
"""The names of the metrics; the end of a name gives its unit, else it is Count."""

NAMESPACE = "Taskhook"
STACK = CONFIG.table_prefix.removesuffix("-")
"""The one dimension, which distinguishes the stacks of an account."""

_A_LINE_HOLDS = 100  # values of one metric

# A logger of its own, so that LOG_LEVEL leaves the metrics alone.
_logger = logging.getLogger(__name__)
_logger.setLevel(logging.INFO)
_lock = threading.Lock()
_values: dict[Name, list[float]] = {}


def count(name: Name, by: int = 1) -> None:
    """Add to a counter."""
    with _lock:
        _values.setdefault(name, [0])[0] += by


def measure(name: Name, value: float) -> None:
    """Record one value of a metric."""
    with _lock:
        _values.setdefault(name, []).append(value)


def flush() -> None:
    """Write the metrics since the last flush, if there are any and somebody reads them."""
    with _lock:
        left = dict(_values)
        _values.clear()
    while left and _logger.isEnabledFor(logging.INFO):
        _write({name: values[:_A_LINE_HOLDS] for name, values in left.items()})
        rests = {name: values[_A_LINE_HOLDS:] for name, values in left.items()}
        left = {name: rest for name, rest in rests.items() if rest}


def _write(values: Mapping[Name, list[float]]) -> None:
    metrics = [{"Name": name, "Unit": _unit(name)} for name in values]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["Stack"]], "Metrics": metrics}
    line = {
        "_aws": {"Timestamp": round(time.time() * 1000), "CloudWatchMetrics": [directive]},
        "Stack": STACK,
    }
    _logger.info(
        "metrics",
        extra=line | {name: held[0] if len(held) == 1 else held for name, held in values.items()},
    )


def _unit(name: Name) -> str:
    if name.endswith("Ms"):
        return "Milliseconds"
    return "Seconds" if name.endswith("Seconds") else "Count"
