"""Endpoints: their answers, and their circuit breakers by the shipped rules."""

from collections import deque
from typing import NamedTuple

from bench.simulation.cloud import Cloud
from bench.simulation.constants import Load
from chalicelib.config import CONFIG
from chalicelib.domain.circuit_breaker import (
    SLOW_MS,
    BreakerState,
    Tally,
    after_attempts,
    after_half_open_batch,
)


class Task:
    """A stored task, and the endpoints that have received it."""

    __slots__ = ("column", "heard", "number", "ok_at", "readable_at")

    def __init__(self, number: int, column: int, readable_at: float) -> None:
        """Start without deliveries; the task is in the stream from a given time on."""
        self.number = number
        self.column = column
        self.readable_at = readable_at
        self.ok_at = readable_at
        self.heard = 0  # one bit per endpoint


class Row:
    """A pending delivery."""

    __slots__ = ("due_at", "failures", "task")

    def __init__(self, task: Task, failures: int, due_at: float) -> None:
        """Make a delivery that is due at a time, after some failures."""
        self.task = task
        self.failures = failures
        self.due_at = due_at


class Attempt(NamedTuple):
    """The result of a POST."""

    task: Task
    arrived_at: float | None
    ended_at: float
    succeeded: bool
    took: float

    @property
    def tally(self) -> Tally:
        """The tally for the circuit breaker."""
        return Tally(int(self.succeeded), int(not self.succeeded), int(self.took * 1000 > SLOW_MS))


class Endpoint:
    """A configured URL."""

    def __init__(self, number: int, hangs_until: float) -> None:
        """Make an endpoint that answers well from a time on."""
        self.number = number
        self.hangs_until = hangs_until
        self.breaker = BreakerState()
        self.waiting: deque[Row] = deque()
        """Rows for half-open batches only."""
        self.steps = False
        """Whether a half-open batch is under way."""
        self.delivered = 0

    def may_half_open(self, now: float) -> bool:
        """Return whether the next half-open batch may start."""
        until = self.breaker.suspended_until
        return until is not None and until <= now and not self.steps

    def answer(
        self, cloud: Cloud, task: Task, begun_at: float, sent_at: float, timeout: float
    ) -> Attempt:
        """Return the outcome of a POST sent at a time, with a timeout from the attempt's start."""
        give_up_at = begun_at + timeout
        arrives_at = sent_at + cloud.draw(cloud.world.send)
        if arrives_at > give_up_at:
            return Attempt(task, None, give_up_at, succeeded=False, took=timeout)
        ends_at = arrives_at + cloud.draw(cloud.world.answer)
        if arrives_at < self.hangs_until or ends_at > give_up_at:
            return Attempt(task, arrives_at, give_up_at, succeeded=False, took=timeout)
        succeeded = cloud.random.random() >= cloud.world.failing
        return Attempt(task, arrives_at, ends_at, succeeded, ends_at - begun_at)

    def note(self, tally: Tally, now: float) -> bool:
        """Count attempts outside half-open batches; True: they suspended the endpoint."""
        before = self.breaker
        self.breaker = after_attempts(before, tally, now, CONFIG.retry_delays)
        return before.suspended_until is None and self.breaker.suspended_until is not None

    def note_half_open_batch(self, tally: Tally, now: float) -> None:
        """Count the attempts of a half-open batch."""
        self.breaker = after_half_open_batch(
            self.breaker, tally, now, CONFIG.retry_delays, is_last=not self.waiting
        )


def endpoints_of(load: Load) -> list[Endpoint]:
    """Return the endpoints of a load; the hanging ones come last."""
    well = load.endpoints - load.hanging
    return [
        Endpoint(number, load.hanging_until if number >= well else 0)
        for number in range(load.endpoints)
    ]
