"""Measure the cost of a source's payload, compared with an add by URL.

In process, a payload that creates a task (of a source whose keys are new, and of one whose keys
must be read), an ignored one, and one that repeats a known key without a change alternate with the
add, over one dynoxide. The packaged function answers both, too, under AWS's runtime and emulator.
The figures are medians.
"""

import argparse
import statistics
from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from typing import Any

from chalice.app import Chalice

from bench.add import calls_of
from bench.figures import Figure, memory, report
from bench.in_process import ADD, answer_of, cost_of, event_of, system
from bench.served import cpu_in_turns
from tools import emulator

_PAYLOADS = 25  # of each way, in a round
_WARM_UP = 5  # rounds
_COUNTED = 25  # payloads whose calls are counted
_SECRET = "the-secret-of-a-source"  # noqa: S105 -- made up
_SOURCE = {"id": "bench", "preset": "custom", "verify": "token", "secret": _SECRET}
_SOURCE |= {"when": "payload.wanted"}
_BODY = '{"key": "k%d", "title": "Measured", "wanted": %s}'
_MOST_CALLS: Mapping[str, int | None] = {
    "makes a task": 3,
    "makes a task after a read": 3,
    "is ignored": 1,
    "repeats a key": None,
}
"""Of the store, for a payload that does this; None: no bound."""


def measure(rounds: int) -> list[Figure]:
    """Measure all ways in turns, so that other load affects all of them."""
    with system() as started:
        from chalicelib.services.sources import sources  # noqa: PLC0415 -- it reads the environment

        for source_id in ("bench", "reads", "served"):
            sources.add_source(_SOURCE | {"id": source_id})
        numbers, event = count(1), _event(started.app, "bench")
        of_reader = _event(started.app, "reads")
        ways: dict[str, Callable[[], object]] = {
            "an add by URL": partial(answer_of, started.app, event_of(started.app, "GET", ADD)),
            "makes a task": lambda: _send(started.app, event, next(numbers), is_wanted=True),
            "makes a task after a read": lambda: _send_read(started.app, of_reader, next(numbers)),
            "is ignored": lambda: _send(started.app, event, next(numbers), is_wanted=False),
            "repeats a key": lambda: _send(started.app, event, 0, is_wanted=True),
        }
        costs: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(_WARM_UP + rounds):
            for name, act in ways.items():
                costs[name].append(cost_of(act, _PAYLOADS).cpu * 1000)
        calls = {name: [calls_of(act) for _ in range(_COUNTED)] for name, act in ways.items()}
        served = _served(started.app, rounds) if emulator.RUNS_HERE else []
    return served + _figures(
        {name: statistics.median(seen[_WARM_UP:]) for name, seen in costs.items()},
        {name: statistics.median(seen) for name, seen in calls.items()},
    )


def _served(app: Chalice, rounds: int) -> list[Figure]:
    added, event, numbers = event_of(app, "GET", ADD), _event(app, "served"), count(1)
    floor, cpu = cpu_in_turns(
        rounds, lambda: added, lambda: {**event, "body": _BODY % (next(numbers), "true")}
    )
    title = "a payload that makes a task, CPU of the function"
    return [Figure(title, cpu, "ms", floor, most_floors=1.5)]


def _figures(cpu: Mapping[str, float], calls: Mapping[str, float]) -> list[Figure]:
    figures: list[Figure] = []
    for name, most in _MOST_CALLS.items():
        title = f"a payload that {name}"
        figures += [
            Figure(f"{title}, CPU in process", cpu[name], "ms", cpu["an add by URL"]),
            Figure(f"{title}, calls of the store (median)", calls[name], "calls", most=most),
        ]
    return figures


def _event(app: Chalice, source_id: str) -> dict[str, Any]:
    """Return API Gateway's event for a payload, as the add's: made once, and not measured."""
    headers = {"Content-Type": "application/json"}
    return event_of(app, "POST", f"/in/{source_id}?token={_SECRET}", headers, "{}")


def _send(app: Chalice, event: Mapping[str, Any], number: int, *, is_wanted: bool) -> object:
    body = _BODY % (number, "true" if is_wanted else "false")  # json.dumps would be measured too
    return answer_of(app, {**event, "body": body})


def _send_read(app: Chalice, event: Mapping[str, Any], number: int) -> object:
    """Send a payload of a source that has just had a key that was not new."""
    from chalicelib.services.sources.new_keys import NEW_KEYS  # noqa: PLC0415 -- as above

    NEW_KEYS.note("reads", f"the key before {number}", was_new=False)
    return _send(app, event, number, is_wanted=True)


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--rounds", type=int, default=20, help="of each way (default: %(default)s)"
    )
    rounds = options.parse_args().rounds
    title = "A source's payload; floor: an add by URL"
    report("sources", title, [*measure(rounds), memory()], rounds=rounds)


if __name__ == "__main__":
    main()
