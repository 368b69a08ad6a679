"""A run's output on the terminal: a line for each failure, none for successes, no token."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from chalicelib.domain.printable import one_line
from local.trouble import trouble_in

_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message"}


def _attempt(told: Mapping[str, Any]) -> str:
    task_id, endpoint_id, outcome = (
        told["delivery_id"].split(".")[-2],
        told["endpoint_id"],
        told["outcome"],
    )
    if task_id == "0":  # of no task
        return f"the test of {endpoint_id} failed: {outcome}"
    then = "given up" if told["due_at"] is None else f"next attempt at {_clock(told['due_at'])}"
    return f"attempt {told['number']} of task {task_id} to {endpoint_id} failed: {outcome}; {then}"


def _suspended(told: Mapping[str, Any]) -> str:
    until = _clock(datetime.fromisoformat(told["until"].replace("Z", "+00:00")).timestamp())
    return (
        f"endpoint {told['endpoint_id']} is suspended until {until}, after {told['failures']} "
        f"failures in a row"
    )


_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "attempt": _attempt,
    "endpoint_disabled": lambda told: (
        f"endpoint {told['endpoint_id']} is disabled: {told['reason']}"
    ),
    "endpoint_recovered": lambda told: f"endpoint {told['endpoint_id']} has recovered",
    "endpoint_suspended": _suspended,
    "request_refused": lambda told: (
        f"{told['method']} {told['path']} {told['code']} {told['reason']}"
    ),
}
"""The wording of events for the terminal; all others are shown as warnings with their fields."""


def show_log() -> None:
    """Write the log lines for people to standard error."""
    handler = logging.StreamHandler()
    handler.addFilter(_is_shown)
    handler.setFormatter(Line())
    for name in ("local", "chalicelib"):
        log = logging.getLogger(name)
        log.addHandler(handler)
        log.propagate = False
    logging.getLogger("local").setLevel(logging.INFO)
    logging.getLogger("chalicelib.adapters.metrics").disabled = True  # CloudWatch reads them


def _is_shown(record: logging.LogRecord) -> bool:
    if record.getMessage() == "attempt":
        return bool(vars(record)["status"] != "delivered")
    if record.getMessage() == "store_failed" and trouble_in(str(vars(record)["reason"])):
        return False  # `local.trouble` reports it
    return record.levelno >= logging.WARNING or record.getMessage() in _WORDS


class Line(logging.Formatter):
    """A log event in words with its time; an unknown one as message and JSON fields."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 -- the name is logging's
        """Return a traceback with its control characters escaped."""
        return "\n".join(map(one_line, super().formatException(ei).split("\n")))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 -- the name is logging's
        """Return the line."""
        fields = {name: value for name, value in vars(record).items() if name not in _USUAL}
        if words := _WORDS.get(record.message):
            return f"{_clock(record.created)}  {one_line(words(fields))}"
        return one_line(record.message) + (f" {json.dumps(fields)}" if fields else "")


def _clock(seconds: float) -> str:
    """Return epoch seconds as local time of day."""
    return time.strftime("%H:%M:%S", time.localtime(seconds))
