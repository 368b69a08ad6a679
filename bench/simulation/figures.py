"""The results of a simulation: OK to arrival, cost, and the nearest limits."""

import json
import statistics
from typing import NamedTuple

from bench.simulation.constants import Load, World
from bench.simulation.system import System
from tools.plan import PRICES

_POST_BYTES = (
    1_670  # bytes sent by a POST and its TLS handshake; counted and assumed as in bench.costs
)
_QUEUE_REQUESTS = 3  # per message: send, receive, delete


class Figures(NamedTuple):
    """A row of the table."""

    load: Load
    p50: float
    """OK to arrival at endpoints that do not hang, in seconds; 1 % of the tasks take longer than
    `p99`."""
    p99: float
    dollars: float
    """For a million tasks: requests, calls, units of the store and data out, without storage."""
    refused: float
    """Share of the adds that are answered 429 or 503."""
    behind: float
    """Seconds by which dispatch is behind at the end."""
    uses: dict[str, float]
    """The use of each limit; 1 is all of it."""

    @property
    def keeps_up(self) -> bool:
        """Whether the load is sustainable: dispatch is not far behind at the end."""
        return self.behind <= self.load.seconds / 4

    @property
    def nearest(self) -> list[tuple[str, float]]:
        """The limits by their use, the most used first."""
        return sorted(self.uses.items(), key=lambda use: -use[1])


def figures(world: World, load: Load) -> Figures:
    """Simulate a load and return its figures."""
    system = System(world, load).run()
    refused = sum(number for name, number in system.counts.items() if name.startswith("refused"))
    lags = sorted(system.lags)
    cuts = statistics.quantiles(lags, n=100) if len(lags) > 1 else [float("inf")] * 99
    return Figures(
        load,
        p50=cuts[49],
        p99=cuts[98],
        dollars=_dollars(system) / max(1, system.added) * 1e6,
        refused=refused / system.counts["requests"],
        behind=system.behind,
        uses=_uses(system),
    )


def _uses(system: System) -> dict[str, float]:
    """Return the use of each limit after the warm-up; 1 is all of it."""
    seconds = system.load.seconds - system.load.warm_up
    return {name: (used - system.used_before[name]) / seconds for name, used in system.used.items()}


def _dollars(system: System) -> float:
    prices = json.loads(PRICES.read_text())["prices"]
    used = {
        "api_requests": system.counts["requests"],
        "lambda_requests": sum(function.count for function in system.functions),
        "lambda_gb_seconds": sum(function.gb_seconds for function in system.functions),
        "write_units": system.tables.written,
        "read_units": system.tables.read,
        "queue_requests": system.retries.messages * _QUEUE_REQUESTS,
        "out_gb": system.counts["posts"] * _POST_BYTES / 1e9,
    }
    return float(
        sum(amount * prices[name]["usd"] / prices[name]["per"] for name, amount in used.items())
    )
