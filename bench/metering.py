"""The usage of this process's AWS calls: units, requests, CPU and log bytes."""

import io
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from awslambdaric.lambda_runtime_log_utils import JsonFormatter
from botocore.handlers import BUILTIN_HANDLERS

Footprint = dict[str, float]
"""Usage, by the name of each counter."""

_READS = {"GetItem", "Query", "Scan", "BatchGetItem"}


class Meter:
    """Counts the usage of this process's AWS calls."""

    def __init__(self) -> None:
        """Count the calls of the store, and of every queue client created from now on."""
        self._used: Footprint = defaultdict(float)
        self._said = io.StringIO()
        BUILTIN_HANDLERS.append(("after-call.sqs", self._count_request))
        self._count_calls()
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

    def _count_calls(self) -> None:
        """Ask for the units that each call of the store consumes; the code itself does not."""
        from chalicelib.adapters.dynamodb.data_calls import DataCalls  # noqa: PLC0415 -- it reads the environment

        call = DataCalls.call

        def counted(calls: DataCalls, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
            if operation == "GetRecords":  # Lambda's
                return call(calls, operation, asked)
            answer = call(calls, operation, {**asked, "ReturnConsumedCapacity": "TOTAL"})
            self._count_units(operation, answer["ConsumedCapacity"])
            return answer

        DataCalls.call = counted  # type: ignore[assignment, method-assign]

    def _count_units(
        self, operation: str, consumed: Mapping[str, Any] | Sequence[Mapping[str, Any]]
    ) -> None:
        of_tables = [consumed] if isinstance(consumed, Mapping) else consumed
        units = sum(one["CapacityUnits"] for one in of_tables)
        self._used["store_calls"] += 1
        self._used["read_units" if operation in _READS else "write_units"] += units

    def _count_request(self, **_: Any) -> None:
        self._used["queue_requests"] += 1
