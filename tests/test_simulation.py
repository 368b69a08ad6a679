"""The simulation's own laws: what must hold whatever its constants are."""

import statistics

import pytest

from bench.simulation.constants import Load, World, exactly
from bench.simulation.figures import figures
from bench.simulation.system import System


def every(system, seconds, look):
    """Have something looked at again and again in simulated time."""

    def go_on():
        while True:
            yield system.cloud.wait(seconds)
            look()

    system.cloud.env.process(go_on())


def test_every_delivery_is_made_once_the_endpoints_that_hung_are_well_again():
    load = Load(rate=10, seconds=20, endpoints=4, hanging=2, hanging_until=30)

    system = System(World(failing=0.05), load).run(drain=120)

    assert [endpoint.delivered for endpoint in system.endpoints] == [system.added] * 4
    assert system.backlog == 0


def test_the_same_seed_gives_the_same_run_and_another_seed_another():
    load = Load(rate=10, seconds=5)

    first, again, other = (list(System(World(), load, seed).run().lags) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_as_many_calls_run_at_once_as_come_in_a_second_times_how_long_they_take():
    world = World(cold_start=exactly(0), invoke=exactly(0), store=exactly(0.05), add_cpu=exactly(0))
    system = System(world, Load(rate=50, seconds=20, endpoints=0))
    running: list[int] = []
    every(system, 0.05, lambda: running.append(system.api.calls.count + system.dispatch.calls.count))

    system.run()

    took = (system.api.busy + system.dispatch.busy) / 20
    assert statistics.mean(running) == pytest.approx(took, rel=0.05)


def test_endpoints_that_hang_delay_no_other_by_more_than_a_tenth():
    world = World(failing=0, partitions=1, parallelization=2)
    load = Load(rate=4, seconds=60, endpoints=5)

    well = System(world, load).run()
    some_hang = System(world, load._replace(hanging=1)).run()

    assert statistics.median(some_hang.lags) < 1.1 * statistics.median(well.lags)


def test_the_writes_of_one_column_go_no_faster_than_its_partition():
    load = Load(rate=200, seconds=3, endpoints=0)
    world = World(partitions=10, partition_writes=20, burst=0)

    crowded = System(world, load).run()
    spread = System(world, load._replace(columns=8)).run()

    assert crowded.added <= 20 * (3 + world.patience) + 1
    assert spread.added > 2 * crowded.added


def test_a_batch_that_cannot_be_recorded_is_repeated_and_not_lost():
    world = World(partition_writes=40, partitions=1, task_units=0, burst=0)

    system = System(world, Load(rate=30, seconds=5, endpoints=1)).run(drain=60)

    assert system.counts["repeated batches"] > 0
    assert system.counts["posts"] > system.added
    assert [endpoint.delivered for endpoint in system.endpoints] == [system.added]


def test_what_the_gateway_does_not_let_through_is_refused_and_named_as_the_nearest_limit():
    load = Load(rate=100, seconds=10, endpoints=1)

    found = figures(World(gateway_rate=50, gateway_burst=5), load)

    name, use = found.nearest[0]
    assert name == "API Gateway: requests"
    assert use == pytest.approx(2, rel=0.1)
    assert found.refused == pytest.approx(0.5, abs=0.05)
