"""The usage of this process's AWS calls: units, requests, CPU and log bytes."""

import io
import logging
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from awslambdaric.lambda_runtime_log_utils import JsonFormatter
from botocore.handlers import BUILTIN_HANDLERS

Footprint = dict[str, float]
"""Usage, by the name of each counter."""

_READS = {"GetItem", "Query", "Scan", "BatchGetItem"}


class _Calls(logging.Handler):
    """Receives the consumed units of each call, which PynamoDB logs."""

    def __init__(self, count: Callable[[str, Any], None]) -> None:
        super().__init__(logging.DEBUG)
        self._count = count

    def emit(self, record: logging.LogRecord) -> None:
        if "consumed" in record.msg and isinstance(record.args, tuple):
            _, operation, units = record.args
            self._count(str(operation), units)


class Meter:
    """Counts the usage of this process's AWS calls."""

    def __init__(self) -> None:
        """Count the calls of PynamoDB, and of every queue client created from now on."""
        self._used: Footprint = defaultdict(float)
        self._said = io.StringIO()
        BUILTIN_HANDLERS.append(("after-call.sqs", self._count_request))
        calls = _Calls(self._count_units)
        pynamodb = logging.getLogger("pynamodb.connection.base")
        pynamodb.addHandler(calls)
        pynamodb.setLevel(logging.DEBUG)
        handler = logging.StreamHandler(self._said)
        handler.setFormatter(JsonFormatter())  # Lambda's own
        logging.getLogger("chalicelib").addHandler(handler)

    def of(self, act: Callable[[], object]) -> Footprint:
        """Call a function and return its usage."""
        self._used.clear()
        self._said.seek(0)
        self._said.truncate()
        begun = time.process_time()
        with redirect_stdout(self._said), redirect_stderr(self._said):
            act()
        cpu_ms = (time.process_time() - begun) * 1000
        return {**self._used, "cpu_ms": cpu_ms, "log_bytes": len(self._said.getvalue().encode())}

    def _count_units(self, operation: str, consumed: float | list[dict[str, Any]]) -> None:
        of_tables = consumed if isinstance(consumed, list) else [{"CapacityUnits": consumed}]
        units = sum(one["CapacityUnits"] for one in of_tables)
        self._used["store_calls"] += 1
        self._used["read_units" if operation in _READS else "write_units"] += units

    def _count_request(self, **_: Any) -> None:
        self._used["queue_requests"] += 1
