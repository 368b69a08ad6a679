"""The clock does what Lambda's event source does: its ticks reach their handler."""

import logging
import re
import threading
from concurrent.futures import ThreadPoolExecutor

from chalice.app import CloudWatchEvent

from local.pumps import Clock
from tests.support.local_run import PATIENCE, wait_until


def test_the_clock_calls_at_once_with_a_scheduled_event():
    events = []

    with Clock(lambda event, context: events.append((event, context.function_name)), 3600):
        wait_until(lambda: events)

    [(event, function_name)] = events
    assert function_name == "sweep"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["time"])
    assert event == {
        "version": "0",
        "id": event["id"],
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": event["time"],
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/sweep"],
        "detail": {},
    }
    assert CloudWatchEvent(event, None).event_id == event["id"]


def test_the_clock_goes_on_after_an_exception(caplog):
    calls: list[None] = []

    def handler(*_):
        calls.append(None)
        if len(calls) == 1:
            raise ZeroDivisionError

    with Clock(handler, 0.01):
        wait_until(lambda: len(calls) >= 3)

    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "sweep failed; it is called again in 0.01 s" in caplog.text


def test_the_clock_finishes_its_call_and_calls_no_more():
    gate = threading.Event()
    calls: list[str] = []

    def handler(*_):
        calls.append("begun")
        gate.wait(PATIENCE)
        calls.append("done")

    with ThreadPoolExecutor() as other:
        clock = Clock(handler, 0)
        clock.__enter__()
        wait_until(lambda: calls)
        end = other.submit(clock.__exit__)
        wait_until(clock._stopping.is_set)
        gate.set()
        end.result(5)

    assert calls == ["begun", "done"]
