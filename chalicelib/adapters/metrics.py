"""Metrics: counted while a function runs, told in one line of its log when it ends.

CloudWatch reads them out of the log, so that they cost no call. The line is of its embedded metric
format:
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
    "RefusedForToken",  # what was asked to be added by URL
    "RefusedForInput",
    "RefusedForStore",
    "Delivered",
    "AttemptsFailed",  # and made again later
    "GivenUp",
    "Superseded",
    "ArrivalMs",  # from a task's change to a 2xx at the first attempt
    "RetriesWaiting",
    "OldestDueSeconds",
    "EndpointsSuspended",
    "EndpointsDisabled",
]
"""What is measured; a unit other than Count is said by the end of the name."""

NAMESPACE = "Taskhook"
STACK = CONFIG.table_prefix.removesuffix("-")
"""The one dimension, so that two stacks of an account are told apart."""

_A_LINE_HOLDS = 100  # values of a metric

# A logger of its own, so that LOG_LEVEL leaves the metrics alone.
_logger = logging.getLogger(__name__)
_logger.setLevel(logging.INFO)
_lock = threading.Lock()
_values: dict[Name, list[float]] = {}


def count(name: Name, by: int = 1) -> None:
    """Count something."""
    with _lock:
        _values.setdefault(name, [0])[0] += by


def measure(name: Name, value: float) -> None:
    """Note a value, one of many perhaps."""
    with _lock:
        _values.setdefault(name, []).append(value)


def flush() -> None:
    """Write what was counted and measured since the last time, if anything was."""
    with _lock:
        left = dict(_values)
        _values.clear()
    while left:
        _write({name: values[:_A_LINE_HOLDS] for name, values in left.items()})
        rests = {name: values[_A_LINE_HOLDS:] for name, values in left.items()}
        left = {name: rest for name, rest in rests.items() if rest}


def _write(values: Mapping[Name, list[float]]) -> None:
    metrics = [{"Name": name, "Unit": _unit(name)} for name in values]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["Stack"]], "Metrics": metrics}
    told = {
        "_aws": {"Timestamp": round(time.time() * 1000), "CloudWatchMetrics": [directive]},
        "Stack": STACK,
    }
    _logger.info(
        "metrics",
        extra=told | {name: held[0] if len(held) == 1 else held for name, held in values.items()},
    )


def _unit(name: Name) -> str:
    if name.endswith("Ms"):
        return "Milliseconds"
    return "Seconds" if name.endswith("Seconds") else "Count"
