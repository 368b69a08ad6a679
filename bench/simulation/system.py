"""The path of a task: add, stream, dispatch; failures go by queue, half-open batches and sweep."""

from array import array
from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import count
from typing import Any

from bench.simulation.cloud import Cloud, Core, Environment, Function, Steps
from bench.simulation.constants import Load, World
from bench.simulation.endpoints import Attempt, Endpoint, Row, Task, endpoints_of
from bench.simulation.lanes import Lane
from bench.simulation.limits import Meter
from bench.simulation.posting import post_all
from bench.simulation.retrying import Retries
from bench.simulation.tables import Tables, Throttled
from chalicelib.domain.circuit_breaker import sum_of
from chalicelib.services.deliveries.worker_pool import limit_per_endpoint
from chalicelib.services.tasks.id_allocator import BlockAllocator


class System:
    """Taskhook under a load."""

    def __init__(self, world: World, load: Load, seed: int = 1) -> None:
        """Build the system, idle."""
        self.cloud = Cloud(world, seed)
        self.load = load
        self.tables = Tables(self.cloud, load)
        rate, burst = world.gateway_rate, world.gateway_burst
        self.gateway = Meter(self.cloud.env, "API Gateway: requests", rate, burst)
        self.endpoints = endpoints_of(load)
        threads = limit_per_endpoint(load.endpoints)
        self.retries = Retries(self.cloud, self.tables, self.endpoints, self._note, threads)
        memory, concurrency = world.api_memory, world.api_concurrency
        self.api = Function(self.cloud, memory, concurrency, world.invoke, self._new_blocks)
        memory, concurrency = world.dispatch_memory, world.dispatch_concurrency
        self.dispatch = Function(self.cloud, memory, concurrency, world.hand_over, lambda: None)
        self.lanes = self._new_lanes()
        self.used_before: dict[str, float] = {}
        """The use of each limit at the end of the warm-up."""
        self.cloud.env.process(self._warm_up())
        self.added = 0
        self.add_took = array("d")
        self.lags = array("d")
        """OK to arrival at endpoints that do not hang, in seconds."""
        self.counts: Counter[str] = Counter()
        self._numbers = count(1)

    def _new_lanes(self) -> list[Lane]:
        """Return the lanes of each shard; the lanes of one shard are read together."""
        cloud, world = self.cloud, self.cloud.world
        lanes = []
        for phase in [cloud.random.uniform(0, world.poll_every) for _ in range(world.partitions)]:
            for _ in range(world.parallelization):
                reader = self.dispatch.process or Core(cloud, world.dispatch_share)
                lanes.append(Lane(cloud, phase, reader, self._have_dispatched))
        return lanes

    def run(self, drain: float = 0) -> "System":
        """Run for the duration of the load, and some seconds longer."""
        self.cloud.env.process(self._add_all())
        self.cloud.env.run(self.load.seconds + drain)
        return self

    @property
    def functions(self) -> tuple[Function[Any], ...]:
        """The functions that run in this simulation."""
        return self.api, self.dispatch, self.retries.function

    @property
    def used(self) -> dict[str, float]:
        """The seconds at each limit's full rate; of several of a kind, those of the busiest."""
        world = self.cloud.world
        dispatches = min(len(self.lanes) * world.side_by_side, world.dispatch_concurrency)
        used = {
            "calls of the API at once": self.api.busy / world.api_concurrency,
            "calls of dispatch at once": self.dispatch.busy / dispatches,
            "calls of retry at once": self.retries.function.busy / world.retry_concurrency,
        }
        for meter in [self.gateway, *self.tables.meters]:
            used[meter.name] = max(
                (meter.used + meter.refused) / meter.rate, used.get(meter.name, 0)
            )
        return used

    @property
    def backlog(self) -> int:
        """The number of tasks that wait for dispatch."""
        return sum(lane.backlog for lane in self.lanes)

    @property
    def behind(self) -> float:
        """The age of the oldest task that waits for dispatch, in seconds."""
        return max(0.0, self.cloud.now - min(lane.oldest_at for lane in self.lanes))

    def _new_blocks(self) -> BlockAllocator:
        def reserve(size: int) -> range:
            self.tables.counter.take(1)
            self.tables.written += 1
            return range(size)

        return BlockAllocator(reserve, lambda: self.cloud.now)

    def _warm_up(self) -> Steps:
        yield self.cloud.wait(self.load.warm_up)
        self.used_before = self.used

    def _add_all(self) -> Steps:
        while True:
            yield self.cloud.wait(self.cloud.random.expovariate(self.load.rate))
            if self.cloud.now >= self.load.seconds:
                return
            self.cloud.env.process(self._add())

    def _add(self) -> Steps:
        cloud, asked_at = self.cloud, self.cloud.now
        self.counts["requests"] += 1
        if self.gateway.wait_for(1):
            self.gateway.refused += 1
            self.counts["refused by the gateway"] += 1
            return
        self.gateway.take(1)
        yield cloud.wait(cloud.draw(cloud.world.gateway))
        made: list[Task] = []
        yield from self.api.call(partial(self._store, made))
        yield cloud.wait(cloud.draw(cloud.world.gateway))
        for task in made:
            task.ok_at = cloud.now
            self.add_took.append(cloud.now - asked_at)

    def _store(self, made: list[Task], where: Environment[BlockAllocator]) -> Steps:
        cloud = self.cloud
        yield from where.core.compute(cloud.draw(cloud.world.add_cpu))
        known = self.tables.counter.used
        where.kept.next()
        calls = 1 + self.tables.counter.used - known
        number = next(self._numbers)
        try:
            wait = self.tables.add_task(number % self.load.columns)
        except Throttled:
            self.counts["refused by the tables"] += 1
            return
        yield cloud.wait(wait + sum(cloud.draw(cloud.world.store) for _ in range(int(calls))))
        task = Task(number, number % self.load.columns, cloud.now + cloud.draw(cloud.world.stream))
        task.ok_at = float("inf")
        self.added += 1
        made.append(task)
        self.cloud.random.choice(self.lanes).put(task)

    def _have_dispatched(self, batch: list[Task]) -> Steps:
        """Call dispatch until a call has recorded the batch."""
        done: list[Task] = []
        while True:
            yield from self.dispatch.call(partial(self._dispatch, batch, done))
            if done:
                return
            self.counts["repeated batches"] += 1
            yield self.cloud.wait(self.cloud.world.repeat_after)

    def _dispatch(self, batch: Sequence[Task], done: list[Task], where: Environment[None]) -> Steps:
        """Make the first attempts at callable endpoints, and write the results; fill `done`."""
        cloud, core = self.cloud, where.core
        yield cloud.wait(self.tables.read_endpoints() + cloud.draw(cloud.world.store))
        yield from core.compute(cloud.draw(cloud.world.batch_cpu))
        called = [endpoint for endpoint in self.endpoints if endpoint.breaker.is_inline]
        heard: list[list[Attempt]] = []

        def post() -> float:
            attempts, computed_at = post_all(cloud, called, batch)
            heard.extend(attempts)
            return computed_at - cloud.now

        yield from core.do(post)
        ends_at = max(
            (attempt.ended_at for attempts in heard for attempt in attempts), default=cloud.now
        )
        for endpoint, attempts in zip(called, heard, strict=True):
            for attempt in attempts:
                self._note(endpoint, attempt)
        yield cloud.wait(max(0, ends_at - cloud.now))
        computed = cloud.world.end_cpu + len(batch) * len(self.endpoints) * cloud.world.record_cpu
        yield from core.compute(computed)
        yield from self._record(batch, dict(zip(called, heard, strict=True)), done)

    def _note(self, endpoint: Endpoint, attempt: Attempt) -> None:
        """Note the time of a task's first arrival at an endpoint."""
        self.counts["posts"] += 1
        bit = 1 << endpoint.number
        if attempt.arrived_at is None or attempt.task.heard & bit:
            return
        attempt.task.heard |= bit
        if not endpoint.hangs_until and attempt.task.ok_at >= self.load.warm_up:
            self.lags.append(max(0.0, attempt.arrived_at - attempt.task.ok_at))

    def _record(
        self, batch: Sequence[Task], heard: dict[Endpoint, list[Attempt]], done: list[Task]
    ) -> Steps:
        cloud = self.cloud
        rows: dict[Endpoint, list[Row]] = {}
        for endpoint in self.endpoints:
            attempts = heard.get(endpoint)
            if attempts is None:
                rows[endpoint] = [Row(task, 0, cloud.now) for task in batch]
            else:
                failed = [attempt for attempt in attempts if not attempt.succeeded]
                rows[endpoint] = [Row(each.task, 1, self.retries.next_due(1)) for each in failed]
                if endpoint.note(sum_of(attempt.tally for attempt in attempts), cloud.now):
                    self.retries.call_half_open(endpoint)
        try:
            waits = [self.tables.add_events([task.column for task in batch])]
            for endpoint, its_rows in rows.items():
                waits += self._write(endpoint, len(batch) - len(its_rows), len(its_rows))
        except Throttled:
            return
        yield cloud.wait(max(waits) + cloud.draw(cloud.world.store))
        for endpoint, its_rows in rows.items():
            endpoint.delivered += len(batch) - len(its_rows)
            self.retries.add(endpoint, its_rows)
        done += batch

    def _write(self, endpoint: Endpoint, delivered: int, due: int) -> list[float]:
        parts = [(delivered, False), (due, True)]
        return [
            self.tables.add_deliveries(endpoint.number, rows, due=is_due)
            for rows, is_due in parts
            if rows
        ]
