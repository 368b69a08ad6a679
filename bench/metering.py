"""The usage of this process's AWS calls: units, requests, CPU and log bytes."""

import io
import logging
import time
from collections import Counter
from collections.abc import Callable
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
        """Count the calls of every client created from now on."""
        self._used: Counter[str] = Counter()
        self._said = io.StringIO()
        BUILTIN_HANDLERS.extend(
            [
                ("before-parameter-build.dynamodb", self._ask_for_units),
                ("after-call.dynamodb", self._count_units),
                ("after-call.sqs", self._count_request),
            ]
        )
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

    @staticmethod
    def _ask_for_units(params: dict[str, Any], model: Any, **_: Any) -> None:
        if "ReturnConsumedCapacity" in model.input_shape.members:
            params["ReturnConsumedCapacity"] = "TOTAL"

    def _count_units(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        consumed = parsed.get("ConsumedCapacity", [])
        units = sum(
            one["CapacityUnits"] for one in (consumed if isinstance(consumed, list) else [consumed])
        )
        self._used["store_calls"] += 1
        self._used["read_units" if model.name in _READS else "write_units"] += units

    def _count_request(self, **_: Any) -> None:
        self._used["queue_requests"] += 1
