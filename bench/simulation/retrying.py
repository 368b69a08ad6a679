"""Retries: the queue's messages, half-open batches, the sweep."""

from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import Any

import simpy

from bench.simulation.cloud import Cloud, Core, Environment, Function, Steps
from bench.simulation.endpoints import Attempt, Endpoint, Row
from bench.simulation.tables import Tables
from chalicelib.config import CONFIG
from chalicelib.domain import retries
from chalicelib.domain.circuit_breaker import Tally, half_open_batch, sum_of
from chalicelib.services.deliveries.retrying import TIME_TO_WORK

Message = tuple[Endpoint, Row | None]
"""A delivery that is due, or an endpoint whose half-open batch is."""


class Retries:
    """The pending deliveries, and the calls that retry them."""

    def __init__(
        self,
        cloud: Cloud,
        tables: Tables,
        endpoints: Sequence[Endpoint],
        note: Callable[[Endpoint, Attempt], None],
        threads: int,
    ) -> None:
        """Start empty; `note` receives each attempt, `threads` limits the POSTs to one endpoint."""
        self.function = Function(
            cloud,
            cloud.world.retry_memory,
            cloud.world.retry_concurrency,
            cloud.world.hand_over,
            lambda: None,
        )
        self.messages = self.given_up = 0
        self._cloud, self._tables, self._endpoints, self._note = cloud, tables, endpoints, note
        self._threads = threads
        self._queue: Any = simpy.Store(cloud.env)
        for _ in range(cloud.world.retry_concurrency):
            cloud.env.process(self._read_forever())
        cloud.env.process(self._sweep_forever())

    def next_due(self, failures: int) -> float:
        """Return the due time of the attempt after some failures; infinity after the last one."""
        stretch = self._cloud.random.uniform(0, CONFIG.retry_jitter)
        due_at = retries.next_due(failures, self._cloud.now, CONFIG.retry_delays, stretch)
        return float("inf") if due_at is None else due_at

    def add(self, endpoint: Endpoint, rows: Sequence[Row]) -> None:
        """Add rows to deliver; those of a suspended endpoint wait for its half-open batches."""
        if endpoint.breaker.suspended_until is not None:
            endpoint.waiting += rows
            return
        for row in rows:
            self._send((endpoint, row), row.due_at)

    def call_half_open(self, endpoint: Endpoint) -> None:
        """Schedule an endpoint's next half-open batch for its due time."""
        if endpoint.breaker.suspended_until is not None:
            self._send((endpoint, None), endpoint.breaker.suspended_until)

    def _send(self, message: Message, due_at: float) -> None:
        self.messages += 1
        self._cloud.env.process(self._keep(message, due_at))

    def _keep(self, message: Message, due_at: float) -> Steps:
        yield self._cloud.wait(
            max(0, due_at - self._cloud.now) + self._cloud.draw(self._cloud.world.queue)
        )
        self._queue.put(message)

    def _sweep_forever(self) -> Steps:
        while True:
            yield self._cloud.wait(self._cloud.world.sweep_every)
            for endpoint in self._endpoints:
                if endpoint.waiting:
                    self.call_half_open(endpoint)

    def _read_forever(self) -> Steps:
        most = self._cloud.world.retry_batch
        while True:
            first = yield self._queue.get()
            batch = [first, *self._queue.items[: most - 1]]
            del self._queue.items[: most - 1]
            yield from self.function.call(partial(self._work, batch))

    def _work(self, batch: Sequence[Message], where: Environment[None]) -> Steps:
        yield self._cloud.wait(
            self._tables.read_endpoints() + self._cloud.draw(self._cloud.world.store)
        )
        yield self._cloud.env.all_of(
            [self._cloud.env.process(self._answer(where.core, *message)) for message in batch]
        )

    def _answer(self, core: Core, endpoint: Endpoint, row: Row | None) -> Steps:
        if endpoint.breaker.suspended_until is not None:
            endpoint.waiting += [row] if row else []
            yield from self._climb(core, endpoint)
        elif row is not None:
            tally = yield from self._attempt(core, endpoint, row)
            if endpoint.note(tally, self._cloud.now):
                self.call_half_open(endpoint)

    def _climb(self, core: Core, endpoint: Endpoint) -> Steps:
        """Send an endpoint's due half-open batches one after the other."""
        ends_at = self._cloud.now + TIME_TO_WORK
        while (
            endpoint.waiting
            and endpoint.may_half_open(self._cloud.now)
            and self._cloud.now < ends_at
        ):
            endpoint.steps = True
            tally = yield from self._step(core, endpoint)
            endpoint.steps = False
            endpoint.note_half_open_batch(tally, self._cloud.now)
            if not tally.successes:
                break
        else:
            if not endpoint.may_half_open(self._cloud.now):
                return
        self.call_half_open(endpoint)

    def _step(self, core: Core, endpoint: Endpoint) -> "Generator[simpy.Event, Any, Tally]":
        limit = half_open_batch(endpoint.breaker.half_open_limit, self._threads)
        wanted = min(limit, len(endpoint.waiting))
        rows = [endpoint.waiting.popleft() for _ in range(wanted)]
        tallies: list[Tally] = []
        for start in range(0, wanted, self._threads):
            wave = [
                self._attempt(core, endpoint, row) for row in rows[start : start + self._threads]
            ]
            done = yield self._cloud.env.all_of(
                [self._cloud.env.process(attempt) for attempt in wave]
            )
            tallies += done.values()
        return sum_of(tallies)

    def _attempt(
        self, core: Core, endpoint: Endpoint, row: Row
    ) -> "Generator[simpy.Event, Any, Tally]":
        """Claim a row, POST, and write the result."""
        cloud, world, begun_at = self._cloud, self._cloud.world, self._cloud.now
        yield cloud.wait(self._tables.settle(endpoint.number) + cloud.draw(world.store))
        yield from core.compute(world.begin_cpu + world.send_cpu + world.record_cpu)
        timeout = world.retry_timeout if row.failures else world.first_timeout
        attempt = endpoint.answer(
            cloud, row.task, begun_at, cloud.now + cloud.draw(world.connect), timeout
        )
        self._note(endpoint, attempt)
        yield cloud.wait(max(0, attempt.ended_at - cloud.now) + cloud.draw(world.store))
        if attempt.succeeded:
            endpoint.delivered += 1
        else:
            self._put_off(endpoint, row)
        return attempt.tally

    def _put_off(self, endpoint: Endpoint, row: Row) -> None:
        row.failures += 1
        row.due_at = self.next_due(row.failures)
        if row.due_at == float("inf"):
            self.given_up += 1
        else:
            self._send((endpoint, row), row.due_at)
