"""The simulation's own laws: what must hold whatever its constants are."""

import statistics
from itertools import accumulate
from random import Random

import pytest

from bench.simulation.calibration import Alone, Cost, Measured, local_world
from bench.simulation.cloud import Cloud
from bench.simulation.constants import Load, World, exactly
from bench.simulation.endpoints import Task, endpoints_of
from bench.simulation.figures import figures
from bench.simulation.posting import post_all
from bench.simulation.system import System
from chalicelib.services.deliveries.worker_pool import limit_per_endpoint


def every(system, seconds, look):
    """Have something looked at again and again in simulated time."""

    def go_on():
        while True:
            yield system.cloud.wait(seconds)
            look()

    system.cloud.env.process(go_on())


def test_every_delivery_is_made_once_the_endpoints_that_hung_are_well_again():
    load = Load(rate=10, seconds=20, endpoints=4, hanging=2, hanging_until=30)

    system = System(World(failing=0.05), load).run(drain=2000)  # some fail thrice, and wait 300 s

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
    every(
        system, 0.05, lambda: running.append(system.api.calls.count + system.dispatch.calls.count)
    )

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


def under_way(attempts):
    """Return how many attempts there were at most at once."""
    begun = [(attempt.ended_at - attempt.took, 1) for attempt in attempts]
    ended = [(attempt.ended_at, -1) for attempt in attempts]
    return max(accumulate(change for _, change in sorted(begun + ended)))


def posted(world, endpoints, tasks):
    """Return the attempts of one call of dispatch."""
    told = [Task(number, 0, 0) for number in range(tasks)]
    attempts, _ = post_all(Cloud(world, 1), endpoints_of(Load(1, 1, endpoints)), told)
    assert [len(its_own) for its_own in attempts] == [tasks] * endpoints
    return [attempt for its_own in attempts for attempt in its_own]


def test_a_slow_core_has_few_posts_under_way_so_that_none_runs_out_of_its_second():
    world = World(connect=exactly(0.01), answer=exactly(0.02), failing=0, dispatch_memory=512)

    attempts = posted(world, endpoints=100, tasks=10)

    assert all(attempt.succeeded for attempt in attempts)
    assert under_way(attempts) <= 64


def test_of_receivers_that_let_wait_each_has_as_many_posts_under_way_as_it_may_have():
    world = World(answer=exactly(0.5), failing=0, begin_cpu=0, send_cpu=0)

    attempts = posted(world, endpoints=100, tasks=10)

    assert all(attempt.succeeded for attempt in attempts)
    assert under_way(attempts) == 100 * limit_per_endpoint(100)


def test_a_receiver_that_hangs_keeps_no_other_of_the_call_waiting():
    world = World(failing=0, dispatch_memory=1_769)
    hangs, well = endpoints_of(Load(1, 1, endpoints=2, hanging=1))[::-1]

    (_, heard), _ = post_all(
        Cloud(world, 1), [hangs, well], [Task(number, 0, 0) for number in range(40)]
    )

    assert max(attempt.ended_at for attempt in heard) < world.first_timeout


LOOK, FIXED, BEGIN, SEND = 0.004, 0.003, 0.001, 0.002
MEASURED = Measured(
    alone=[Alone(0.009, LOOK + FIXED + BEGIN + SEND)],
    bursts=[
        [LOOK + FIXED + size * BEGIN + place * SEND for place in range(1, size + 1)]
        for size in (1, 2, 3, 4)
    ],
    costs=[Cost(0.005, 0.014), Cost(0.007, 0.016)],
    looks=[LOOK, LOOK, 10 * LOOK],
)


def lags_of(world, tasks_at):
    """Return the seconds from when tasks can be read, all in one lane, to their arrival."""
    system = System(world, Load(rate=1e-6, seconds=1, endpoints=1))

    def put_all():
        for number, at in enumerate(tasks_at):
            yield system.cloud.wait(at - system.cloud.now)
            system.lanes[0].put(Task(number, 0, at))

    system.cloud.env.process(put_all())
    return list(system.run(drain=10).lags)


def test_the_world_of_a_machine_has_the_parts_that_its_bursts_were_made_of():
    world = local_world(MEASURED)

    drawn = [duration(Random(1)) for duration in (world.look, world.add_cpu)]
    parts = [world.begin_cpu, world.send_cpu, world.record_cpu, world.end_cpu]
    assert drawn == pytest.approx([LOOK, 0.006])
    assert parts == pytest.approx([BEGIN, SEND, 0, 0.015 - LOOK - FIXED - BEGIN - SEND])


@pytest.mark.parametrize("burst", MEASURED.bursts, ids=lambda burst: str(len(burst)))
def test_a_burst_takes_in_that_world_what_it_took_when_it_was_measured(burst):
    lags = lags_of(local_world(MEASURED), [0.0] * len(burst))

    assert lags == pytest.approx(burst)


def test_tasks_that_come_soon_after_a_look_wait_together_for_the_next():
    world = World(
        hand_over=exactly(0),
        cold_start=exactly(0),
        store=exactly(0),
        partitions=1,
        parallelization=1,
    )
    world = world._replace(
        connect=exactly(0), send=exactly(0), answer=exactly(0), batch_cpu=exactly(0)
    )
    world = world._replace(
        poll_every=0, looks_apart=2, look=exactly(1), begin_cpu=0, send_cpu=0, record_cpu=0
    )

    lags = lags_of(world, [0, 1.5, 2, 9])

    assert lags == pytest.approx([1, 2.5, 2, 1])  # looks that end at 1, 4 and 10


@pytest.mark.parametrize(
    ("side_by_side", "one_process", "expected"),
    [(1, False, [1, 1.5]), (2, False, [1, 1]), (2, True, [1, 1.5])],
    ids=["one after the other", "each on a core of its own", "in turns on one core"],
)
def test_calls_wait_for_each_other_as_far_as_they_share_a_lane_or_a_core(
    side_by_side, one_process, expected
):
    now = exactly(0)
    world = World(
        hand_over=now, cold_start=now, store=now, connect=now, send=now, answer=now, partitions=1
    )
    world = world._replace(
        poll_every=0, batch_cpu=exactly(1), begin_cpu=0, send_cpu=0, record_cpu=0
    )
    world = world._replace(parallelization=1, dispatch_memory=world.core_memory)

    lags = lags_of(world._replace(side_by_side=side_by_side, one_process=one_process), [0, 0.5])

    assert lags == pytest.approx(expected)
