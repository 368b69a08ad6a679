"""The limits of DynamoDB's tables: partitions, and index keys that many rows share."""

from collections.abc import Sequence
from math import inf

from bench.simulation.cloud import Cloud
from bench.simulation.constants import Load
from bench.simulation.limits import Meter, take_all


class Throttled(Exception):
    """A write would have to wait longer than the client does."""


class Tables:
    """The meters of all writes.

    Distinct hash keys are spread evenly over the partitions. A hash key that many rows share is
    in one partition.
    """

    def __init__(self, cloud: Cloud, load: Load) -> None:
        """Start without use."""
        world = cloud.world
        spread = world.endpoint_keys * world.partition_writes
        whole = min(world.partitions * world.partition_writes, world.table_writes)
        one = world.partition_writes

        def meter(name: str, rate: float) -> Meter:
            return Meter(cloud.env, name, rate, rate * world.burst)

        def meters(name: str, rate: float, count: int) -> list[Meter]:
            return [meter(name, rate) for _ in range(count)]

        self._cloud = cloud
        self.written = self.read = 0.0
        """Units, in all tables and indexes."""
        self.tasks = meter("tasks: partitions", whole)
        self.columns = meters("tasks: index by_column, one column", one, load.columns)
        self.projects = meters("tasks: index by_project, one project", one, load.columns)
        self.counter = meter("settings: the counter", one)
        self.events = meter("events: partitions", whole)
        self.events_of = meters("events: index by_project, one project", one, load.columns)
        self.deliveries = meter("deliveries: partitions", whole)
        to_one = "deliveries: index by_endpoint, one endpoint"
        self.deliveries_of = meters(to_one, spread, load.endpoints)
        self.due_of = meters("deliveries: index due, one endpoint", spread, load.endpoints)
        self.endpoints = meter("endpoints: reads", world.partition_reads)

    @property
    def meters(self) -> list[Meter]:
        """The meters of all tables."""
        alone = [self.tasks, self.counter, self.events, self.deliveries, self.endpoints]
        return (
            alone + self.columns + self.projects + self.events_of + self.deliveries_of + self.due_of
        )

    def write(self, wanted: Sequence[tuple[Meter, float]], patience: float | None = None) -> float:
        """Write and return the seconds that the write has to wait.

        Raises:
            Throttled: The wait would exceed the client's, or `patience`; nothing is written.
        """
        wait = take_all(wanted, self._cloud.world.patience if patience is None else patience)
        if wait is None:
            raise Throttled
        self.written += sum(units for _, units in wanted)
        return wait

    def add_task(self, column: int) -> float:
        """Write a new task. Raises Throttled."""
        units = self._cloud.world.task_units
        return self.write(
            [(self.tasks, units), (self.columns[column], units), (self.projects[column], units)]
        )

    def add_events(self, columns: Sequence[int]) -> float:
        """Write the events of tasks. Raises Throttled."""
        units = self._cloud.world.task_units
        shares = [
            (self.events_of[column], columns.count(column) * units) for column in set(columns)
        ]
        return self.write([(self.events, len(columns) * units), *shares])

    def add_deliveries(self, endpoint: int, count: int, *, due: bool) -> float:
        """Write the rows of deliveries to an endpoint. Raises Throttled."""
        units = count * self._cloud.world.delivery_units
        wanted = [
            (self.deliveries, 2 * units if due else units),
            (self.deliveries_of[endpoint], float(count)),
        ]
        return self.write([*wanted, (self.due_of[endpoint], float(count))] if due else wanted)

    def settle(self, endpoint: int) -> float:
        """Claim and settle a row; return the seconds that this has to wait, without a limit."""
        units = 4 * self._cloud.world.delivery_units
        wanted = [
            (self.deliveries, units),
            (self.due_of[endpoint], 2.0),
            (self.deliveries_of[endpoint], 1.0),
        ]
        return self.write(wanted, patience=inf)

    def read_endpoints(self) -> float:
        """Read all endpoints and return the seconds that the read has to wait."""
        units = max(0.5, len(self.deliveries_of) * self._cloud.world.endpoint_bytes / 8192)
        wait = self.endpoints.wait_for(units)
        self.endpoints.take(units)
        self.read += units
        return wait
