"""What came of the items of a payload: as it is kept, counted and answered."""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from chalicelib.domain.payloads import CHANGED, CLOSED, CREATED, FAILED, IGNORED


class Outcome(NamedTuple):
    """What came of an item; `task_id` is 0 where no task has to do with it."""

    digest: str
    outcome: str
    key: str | None = None
    task_id: int = 0
    reason: str = ""


def outcomes_of(items: Iterable[Any] | None) -> list[Outcome]:
    """Return what came of the items of a payload, as they are kept."""
    return [Outcome(*one) for one in items or ()]


def counts_of(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """Return how many items came to what."""
    found = [one.outcome for one in outcomes]
    return {name: found.count(name) for name in (CREATED, CHANGED, CLOSED, IGNORED, FAILED)}


def status_of(outcomes: Collection[Outcome]) -> int:
    """Return HTTP's status: 202 where every item has failed, else 200."""
    kinds = {one.outcome for one in outcomes}
    return 202 if kinds == {FAILED} else 200


def answer_of(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """Return what a sender is answered."""
    answer: dict[str, Any] = {CREATED: [], CHANGED: [], CLOSED: [], IGNORED: 0, FAILED: []}
    for one in outcomes:
        if one.outcome == IGNORED:
            answer[IGNORED] += 1
        else:
            answer[one.outcome].append(one.reason if one.outcome == FAILED else one.task_id)
    return answer
