"""Every constant of the simulation: documented by AWS, measured, set by the code, or assumed.

Times are in seconds, sizes of reads and writes in DynamoDB's units.
"""

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from chalicelib.config import CONFIG

_CHALICE = Path(__file__).resolve().parent.parent.parent / ".chalice"
_CONFIG = json.loads((_CHALICE / "config.json").read_text())
_FUNCTIONS = _CONFIG["lambda_functions"]
_PROD = _CONFIG["stages"]["prod"]
_RESOURCES = json.loads((_CHALICE / "resources.json").read_text())["Resources"]

Duration = Callable[[Random], float]
"""Draws how many seconds something takes."""


def exactly(seconds: float) -> Duration:
    """Return a constant duration."""
    return lambda _: seconds


def about(median: float, p99: float) -> Duration:
    """Return a log-normal duration, as those of networks and services are."""
    mu, sigma = math.log(median), math.log(p99 / median) / 2.326
    return lambda random: random.lognormvariate(mu, sigma)


def one_of(samples: Sequence[float]) -> Duration:
    """Return a duration that is drawn from measured ones."""
    return lambda random: random.choice(samples)


def _mapping(function: str, event: str) -> dict[str, Any]:
    properties: dict[str, Any] = _RESOURCES[function]["Properties"]["Events"][event]["Properties"]
    return properties


_DISPATCH = _mapping("Dispatch", "DispatchDynamodbEventSource")
_RETRY = _mapping("Retry", "RetrySqsEventSource")


class World(NamedTuple):
    """The environment of Taskhook; the defaults are a new stack of the stage prod on AWS."""

    # API Gateway and Lambda
    # Set; an account has 10,000, documented.
    gateway_rate: float = _PROD["template_parameters"]["RequestsPerSecond"]
    gateway_burst: float = _PROD["template_parameters"]["RequestBurst"]  # requests; set
    # Each way, including the caller's network path to the region; assumed.
    gateway: Duration = about(0.010, 0.040)
    # Until a warm function starts on a request of the gateway; assumed.
    invoke: Duration = about(0.004, 0.015)
    # Until a warm function starts on a batch that was read for it; assumed.
    hand_over: Duration = about(0.004, 0.015)
    concurrency: int = (
        1_000  # calls of all functions; documented: Lambda quotas, "Concurrent executions"
    )
    # Of these; set.
    dispatch_concurrency: int = _PROD["lambda_functions"]["dispatch"]["reserved_concurrency"]
    scaling: float = (
        100  # new environments a second; documented: "Lambda scaling behavior", 1,000 each 10 s
    )
    # Assumed: a new environment, and 0.6 s of imports, measured here.
    cold_start: Duration = about(0.9, 1.6)

    # CPU seconds of one core, by the code; all but the first two were measured on this machine
    # with 2 busy cores
    api_memory: int = _FUNCTIONS["api_handler"]["lambda_memory_size"]  # MB; set
    dispatch_memory: int = _FUNCTIONS["dispatch"]["lambda_memory_size"]  # likewise
    retry_memory: int = _FUNCTIONS["retry"]["lambda_memory_size"]  # likewise
    core_memory: int = (
        1_769  # MB that come with one vCPU; documented: "Configure Lambda function memory"
    )
    add_cpu: Duration = exactly(0.0007)  # an add; counted: bench/footprint.json
    # A call of dispatch without its deliveries: one change (the same) less 3 deliveries.
    batch_cpu: Duration = exactly(0.0021)
    begin_cpu: float = 0.0003  # until it connects; of a delivery's 0.7 ms; the split is assumed
    send_cpu: float = 0.0015  # with a connection: 0.3 ms of those, and 1.2 ms for a TLS handshake
    record_cpu: float = 0.0001  # its row: the rest of those
    end_cpu: float = (
        0.0  # of a call of dispatch, after its POSTs; here included in the part before them
    )
    one_process: bool = (
        False  # whether all calls of a function share a core, or each has the share of its memory
    )

    # DynamoDB
    # One call; documented: "single-digit millisecond"; its spread assumed.
    store: Duration = about(0.005, 0.020)
    partition_writes: float = (
        1_000  # units a second; documented: "Best practices for ... partition keys"
    )
    partition_reads: float = 3_000  # units a second; documented: the same page
    partitions: int = 4  # of a table or index; documented: a new table does 4,000 writes a second
    table_writes: float = (
        40_000  # units a second; documented: DynamoDB quotas, "Table-level write throughput"
    )
    burst: float = 1.0  # seconds of unused capacity; documented: up to 300, not guaranteed
    patience: float = (
        0.3  # until a write that is throttled is given up; assumed, from PynamoDB's 2 retries
    )
    task_units: float = (
        1  # a new task, or an event, in its table and in each index; counted: bench/footprint.json
    )
    delivery_units: float = 1  # a delivered row; counted: the same
    endpoint_bytes: float = 400  # a row that each batch reads; assumed
    endpoint_keys: int = (
        1  # over which the indexes by_endpoint and due spread the rows of an endpoint; set
    )

    # The stream and its readers
    # Until a change can be read; documented: "near real time"; assumed.
    stream: Duration = about(0.030, 0.150)
    poll_every: float = 0.25  # documented: "Using Lambda with DynamoDB", four times a second
    looks_apart: float = 0.0  # least seconds between two reads of the stream; Lambda has none
    look: Duration = exactly(0)  # until a read's records are handed to a call; in `hand_over`
    # Lanes of each shard; set.
    parallelization: int = _PROD["template_parameters"]["DispatchesPerShard"]
    side_by_side: int = 1  # calls at once of a lane; documented: "Using Lambda with DynamoDB"
    batch_size: int = _DISPATCH["BatchSize"]  # set
    repeat_after: float = 1.0  # until a batch that failed is tried again; assumed

    # The queue
    queue: Duration = about(0.020, 0.100)  # from a message that is due to its reader; assumed
    # Of the calls of all functions; set.
    retry_concurrency: int = _PROD["template_parameters"]["RetriesAtOnce"]
    retry_batch: int = _RETRY["BatchSize"]  # set
    sweep_every: float = 60.0  # set: app.py

    # Receivers
    connect: Duration = about(0.045, 0.150)  # lookup, TCP and TLS: 3 round trips of 15 ms; assumed
    send: Duration = about(0.008, 0.030)  # half a round trip; assumed
    answer: Duration = about(0.040, 0.250)  # to think, and half a round trip; assumed
    failing: float = 0.001  # of the POSTs are answered with an error; assumed
    first_timeout: float = CONFIG.delivery_timeout  # set
    retry_timeout: float = CONFIG.retry_timeout  # set

    @property
    def api_concurrency(self) -> int:
        """The most concurrent calls of the API: the concurrency that others do not reserve."""
        return self.concurrency - self.dispatch_concurrency - self.retry_concurrency

    @property
    def dispatch_share(self) -> float:
        """The share of a core that a call of dispatch has."""
        return self.share_of(self.dispatch_memory)

    def share_of(self, memory: int) -> float:
        """Return the share of a core for a memory size in MB: Python computes on one core."""
        return 1.0 if self.one_process else min(1.0, memory / self.core_memory)


class Load(NamedTuple):
    """The load on Taskhook."""

    rate: float  # tasks a second
    seconds: float
    endpoints: int = 3
    hanging: int = 0  # endpoints that hang, the last ones
    hanging_until: float = math.inf
    warm_up: float = 0  # seconds at the start; their tasks are left out of the times
    columns: int = 1  # over which the tasks are spread, each in a project of its own
