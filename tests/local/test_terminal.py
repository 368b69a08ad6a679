"""What a person at the terminal reads of an event."""

import logging
import re
import subprocess
import sys

import pytest

from local.terminal import Line

COUNTED = """
import logging
from local import terminal
terminal.show_log()
from chalicelib.adapters import metrics
made, make = [], logging.getLogRecordFactory()
logging.setLogRecordFactory(lambda *args, **more: made.append(args) or make(*args, **more))
metrics.count("TasksAdded")
metrics.flush()
print(len(made))
"""

FAILED: dict[str, object] = {
    "endpoint_id": "ci",
    "number": 12,
    "status": "failed",
    "outcome": "500",
    "due_at": None,
}
EVENTS: list[tuple[str, dict[str, object], str]] = [
    (
        "attempt",
        {"delivery_id": "ci.7.1", **FAILED},
        "attempt 12 of task 7 to ci failed: 500; given up",
    ),
    ("attempt", {"delivery_id": "ci.0.1", **FAILED}, "the test of ci failed: 500"),
    (
        "endpoint_suspended",
        {"endpoint_id": "ci", "until": "2026-01-31T12:00:00Z", "failures": 5},
        r"endpoint ci is suspended until \d\d:\d\d:\d\d, after 5 failures in a row",
    ),
    (
        "endpoint_disabled",
        {"endpoint_id": "ci", "reason": "a\x1b[2Jb\n"},
        r"endpoint ci is disabled: a\\x1b\[2Jb\\n",
    ),
    ("endpoint_recovered", {"endpoint_id": "ci"}, "endpoint ci has recovered"),
]


@pytest.mark.parametrize(("name", "fields", "words"), EVENTS)
def test_an_event_is_told_on_one_line_with_its_time(name, fields, words):
    line = Line().format(logging.makeLogRecord({"msg": name, **fields}))

    assert re.fullmatch(rf"\d\d:\d\d:\d\d  {words}", line)


def test_another_event_is_told_with_its_fields():
    line = Line().format(logging.makeLogRecord({"msg": "retry_failed", "endpoint_id": "ci"}))

    assert line == 'retry_failed {"endpoint_id": "ci"}'


def test_a_run_makes_no_record_of_metrics_that_nobody_reads():
    counted = subprocess.check_output([sys.executable, "-c", COUNTED], text=True)

    assert counted == "0\n"
