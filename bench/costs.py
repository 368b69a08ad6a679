"""Compute what Taskhook costs a month, and write the table into docs/operations.md.

The usage of a task is counted (`python -m bench.footprint`), AWS's prices are in bench/prices.json,
and everything else is assumed below. The free tier is not subtracted.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from bench.common import ROOT
from bench.footprint import FOOTPRINT
from chalicelib.adapters import metrics
from tools.package import additions
from tools.plan import PRICES, watched_metrics

DOCUMENT = ROOT / "docs/operations.md"
VOLUMES = {"1 thousand": 1_000, "1 million": 1_000_000, "100 million": 100_000_000}
"""Tasks a month, each for three endpoints."""

_CONFIG = json.loads((ROOT / ".chalice/config.json").read_text())
_MEMORY_MB: dict[str, int] = {
    name: one["lambda_memory_size"] for name, one in _CONFIG["lambda_functions"].items()
}

BUSY_FROM = 10_000_000
"""Tasks a month above which Lambdas rarely read without their caches: about four a second."""

_MINUTES = 43_800  # of a month
_GB = 1e9  # AWS stores in units of 2**30 bytes and sends in 10**9: less than the guesses differ
_CORE_MB = 1769  # of memory give a Lambda a whole core (AWS: Configure Lambda function memory)

# Assumed: no account was at hand to measure them.
_STORE_CALL_MS = 5  # a Lambda's wait for DynamoDB
_RECEIVER_MS = 100  # until a receiver has answered, including name lookup and TLS
_TLS_BYTES = 1_000  # sent by a TLS handshake, in addition to the POST
_ANSWER_BYTES = 500  # of an answer of the API, with its headers
_LAMBDA_LOG_BYTES = 300  # logged by Lambda itself for each call
_ACCESS_LOG_BYTES = 300  # of a line of the API's access log
_RETRIED = 0.01  # of all deliveries, once each
_POLLS = 15 * _MINUTES  # of the empty retry queue: Lambda's five pollers, each waiting 20 s

_BLOCK = re.compile(r"(?<=<!-- costs -->\n).*?(?=<!-- /costs -->)", re.DOTALL)

Used = Mapping[str, float]


class _Calls:
    """The calls of a month: the function, their number by part, and the wait of each in ms."""

    def __init__(self, tasks: int, parts: Mapping[str, Used]) -> None:
        kind = "busy" if tasks >= BUSY_FROM else "alone"
        ticks = min(tasks, _MINUTES)
        self._calls = [
            ("api_handler", tasks, parts[f"add_{kind}"], 0),
            ("dispatch", tasks, parts[f"dispatch_{kind}"], _RECEIVER_MS),
            ("retry", 3 * tasks * _RETRIED, parts["retry"], _RECEIVER_MS),
            ("sweep", ticks, parts["sweep"], 0),
            ("sweep", _MINUTES - ticks, parts["sweep_idle"], 0),
        ]
        self.count = sum(count for _, count, _, _ in self._calls)
        self.gb_seconds = 0.0
        for name, count, part, waits in self._calls:
            self.gb_seconds += count * _gb_seconds(name, part, waits)

    def total(self, name: str) -> float:
        """Return their total use of one resource."""
        return sum(count * part.get(name, 0) for _, count, part, _ in self._calls)


def used(tasks: int, counted: Mapping[str, Any], *, on_arm: bool = False) -> dict[str, Used]:
    """Return the monthly use of each AWS service for a number of tasks, by price name."""
    gb_seconds = "lambda_gb_seconds_arm" if on_arm else "lambda_gb_seconds"
    calls, kept = _Calls(tasks, counted["parts"]), counted["stored_bytes"]
    retries, posts = 3 * tasks * _RETRIED, 3 * tasks * (1 + _RETRIED)
    log_bytes = calls.count * _LAMBDA_LOG_BYTES + tasks * _ACCESS_LOG_BYTES
    log_gb = (calls.total("log_bytes") + log_bytes) / _GB
    stored_gb = tasks * (kept["tasks"] + kept["events"] + 3 * kept["deliveries"]) / _GB
    return {
        "API Gateway": {"api_requests": tasks},
        "Lambda": {"lambda_requests": calls.count, gb_seconds: calls.gb_seconds},
        "DynamoDB, requests": {
            "write_units": calls.total("write_units"),
            "read_units": calls.total("read_units"),
        },
        "DynamoDB, storage and backup": {
            "table_gb_months": stored_gb,
            "backup_gb_months": stored_gb,
        },
        # Lambda receives and deletes each message.
        "SQS": {"queue_requests": calls.total("queue_requests") + 2 * retries + _POLLS},
        "CloudWatch, logs": {"log_gb": log_gb, "log_gb_months": log_gb},
        "CloudWatch, alarms and metrics": {
            "alarms": watched_metrics(additions(ROOT / ".chalice", "prod")["Resources"]),
            "metrics": len(get_args(metrics.Name)),
        },
        "Data transfer": {
            "out_gb": (calls.total("out_bytes") + posts * _TLS_BYTES + tasks * _ANSWER_BYTES) / _GB
        },
    }


def _gb_seconds(function: str, part: Used, waits_ms: float) -> float:
    """Return the duration of a Lambda call: computing at its share of a core, and waiting."""
    memory = _MEMORY_MB[function]
    took_ms = (
        part["cpu_ms"] / min(1, memory / _CORE_MB) + part["store_calls"] * _STORE_CALL_MS + waits_ms
    )
    return took_ms / 1000 * memory / 1024


def costs(
    tasks: int, counted: Mapping[str, Any], prices: Mapping[str, Any], *, on_arm: bool = False
) -> dict[str, float]:
    """Return the monthly cost of each part, in USD, for a number of tasks."""
    by_part: dict[str, float] = {}
    for part, amounts in used(tasks, counted, on_arm=on_arm).items():
        by_part[part] = 0.0
        for name, amount in amounts.items():
            by_part[part] += amount * prices[name]["usd"] / prices[name]["per"]
    return by_part


def table() -> str:
    """Return the table of the document, in Markdown."""
    counted, prices = json.loads(FOOTPRINT.read_text()), json.loads(PRICES.read_text())["prices"]
    columns, all_on_arm = [], []
    for tasks in VOLUMES.values():
        columns.append(costs(tasks, counted, prices))
        all_on_arm.append(sum(costs(tasks, counted, prices, on_arm=True).values()))
    table = _row("a month, in USD", [f"{name} tasks" for name in VOLUMES])
    table += _row("---", ["---:"] * len(VOLUMES))
    for part in columns[0]:
        table += _row(part, [f"{column[part]:,.2f}" for column in columns])
    table += _row("**in all**", [f"**{sum(column.values()):,.2f}**" for column in columns])
    return table + _row("in all on Arm", [f"{total:,.2f}" for total in all_on_arm])


def _row(head: str, cells: Sequence[str]) -> str:
    return "| " + " | ".join([head, *cells]) + " |\n"


def written(document: str) -> str:
    """Return the document with the table in its place."""
    return _BLOCK.sub(lambda _: table(), document)


def main() -> None:
    """Write the table into the document, and print it."""
    DOCUMENT.write_text(written(DOCUMENT.read_text()))
    print(table())


if __name__ == "__main__":
    main()
