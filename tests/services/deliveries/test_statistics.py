"""Each delivery is counted once, by the hour, and uncounted ones are seen all the same."""

import time
from itertools import count

import pytest

from chalicelib.adapters.dynamodb.tables.hours import Counted, Hour
from chalicelib.domain.statistics import Counts, sum_of
from chalicelib.services.deliveries import statistics
from chalicelib.services.tasks import lifecycle
from tests.support.aws_faults import over_capacity, wrong
from tests.support.deliveries import logged, past_delivery, rows, subscribe
from tests.support.receivers import Inbox

NOW = 1_800_000_000.0
HOUR = int(NOW // 3600)


_numbers = count(1)


def made(at, **more):
    past_delivery(next(_numbers), at, **more).save()


def hours():
    return {row.id: (row.made, row.first) for row in Hour.scan(Hour.id.startswith("hour:"))}


@pytest.mark.usefixtures("cloud")
def test_a_sweep_counts_each_delivery_in_the_hour_in_which_it_was_made():
    made(NOW - 4000)
    made(NOW - 300, tries=2, took_ms=1001)
    made(NOW - 200)

    statistics.count_all(["ci"], NOW)

    assert hours() == {
        f"hour:ci:{int((NOW - 4000) // 3600)}": (1, 1),
        f"hour:ci:{int((NOW - 300) // 3600)}": (2, 1),
    }


@pytest.mark.usefixtures("cloud")
def test_what_is_counted_is_not_counted_again():
    made(NOW - 200)
    statistics.count_all(["ci"], NOW)
    made(NOW - 100)

    statistics.count_all(["ci"], NOW)
    statistics.count_all(["ci"], NOW + 60)

    assert sum(made_then for made_then, _ in hours().values()) == 2


@pytest.mark.usefixtures("cloud")
def test_a_delivery_may_still_be_under_way_for_two_minutes():
    made(NOW - 119)

    statistics.count_all(["ci"], NOW)

    assert hours() == {}


@pytest.mark.usefixtures("cloud")
def test_an_endpoint_that_is_idle_costs_no_write():
    statistics.count_all(["ci"], NOW)

    assert Counted.of("ci").until is None


@pytest.mark.usefixtures("cloud")
def test_of_two_sweeps_that_have_read_the_same_one_counts():
    made(NOW - 200)
    seen_by_one, seen_by_other = Counted.of("ci"), Counted.of("ci")
    counts = Counts(1, 1)

    added = [Hour.add(counted, HOUR, counts, NOW - 200) for counted in (seen_by_one, seen_by_other)]

    assert added == [True, False]
    assert hours() == {f"hour:ci:{HOUR}": (1, 1)}


@pytest.mark.usefixtures("cloud")
def test_a_backlog_is_counted_in_several_sweeps_without_losing_those_of_one_moment(monkeypatch):
    monkeypatch.setattr(statistics, "COUNTED_AT_ONCE", 3)
    for at in (900, 800, 700, 700, 600):
        made(NOW - at)

    counted = []
    for _ in range(4):
        statistics.count_all(["ci"], NOW)
        counted.append(sum(made_then for made_then, _ in hours().values()))

    assert counted == [2, 4, 5, 5]


@pytest.mark.usefixtures("cloud")
def test_more_deliveries_of_one_moment_than_a_sweep_counts_do_not_stop_it(monkeypatch):
    monkeypatch.setattr(statistics, "COUNTED_AT_ONCE", 2)
    for at in (900, 900, 900, 600):
        made(NOW - at)

    for _ in range(4):
        statistics.count_all(["ci"], NOW)

    assert sum(made_then for made_then, _ in hours().values()) >= 3


@pytest.mark.usefixtures("cloud")
def test_what_cannot_be_counted_is_logged_and_keeps_nothing_from_the_others(caplog):
    made(NOW - 200)
    made(NOW - 200, endpoint_id="bot")
    Counted("counted:bot", until=NOW - 300).save()
    Hour(
        f"hour:bot:{int((NOW - 200) // 3600)}", made=1, first=1, histogram=[1], expires_at=0
    ).save()

    statistics.count_all(["bot", "ci"], NOW)

    assert [line["endpoint_id"] for line in logged(caplog, "count_failed")] == ["bot"]
    assert f"hour:ci:{int((NOW - 200) // 3600)}" in hours()


def test_a_store_that_fails_while_a_sweep_counts_does_not_fail_the_sweep(cloud, caplog):
    with Inbox() as inbox:
        subscribe(inbox.url)
        with wrong("GetItem", over_capacity, '"counted:ci"'):
            cloud.sweep()

    assert [line["endpoint_id"] for line in logged(caplog, "count_failed")] == ["ci"]


@pytest.mark.usefixtures("cloud")
def test_the_last_minutes_are_seen_before_they_are_counted():
    now = time.time()
    made(round(now - 300, 3))
    statistics.count_all(["ci"], now)
    made(round(now - 10, 3), status="pending", took_ms=1001)

    found = statistics.last_hours(["ci", "bot"], 24)

    total = sum_of(found["ci"])
    assert (total.made, total.first, len(found["ci"])) == (2, 1, 24)
    assert not any(counts.made for counts in found["bot"])


def test_the_first_attempt_says_how_long_it_took_whoever_makes_it(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        [first] = rows()
        inbox.before_answer = lambda: time.sleep(0.2)
        cloud.retry_due()

    [again] = rows()
    assert (again.tries, again.took_ms) == (2, first.took_ms)
    assert first.took_ms >= 1


def test_a_first_attempt_that_the_queue_has_brought_is_noted_too(cloud):
    with Inbox() as inbox:
        endpoint = subscribe(inbox.url)
        endpoint.set_fields({"slow_answers": 5})
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        [waiting] = rows()
        cloud.retry_due()

    [delivered] = rows()
    assert (waiting.took_ms, delivered.status) == (None, "delivered")
    assert delivered.took_ms == pytest.approx(delivered.attempts[0]["duration_ms"], abs=1)
