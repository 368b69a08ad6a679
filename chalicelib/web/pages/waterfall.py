"""The attempts of a delivery as a waterfall: a bar for each, of its steps, one after the other.

The bars share one line of WIDTH units: the time of all attempts. The waits between them are cut out
and said in words: they last minutes and hours, and attempts milliseconds.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from chalicelib.web.pages import presenting, times

WIDTH = 1000
LEAST = 4
"""Units of the line that the shortest step takes, so that it is seen."""

STEPS = {
    "lookup": "Name lookup",
    "connect": "Connect",
    "proxy": "Proxy",
    "tls": "TLS",
    "first_byte": "First byte",
    "read": "Rest of the answer",
}
"""The steps of an attempt, in their order."""


class Step(NamedTuple):
    """One step of an attempt."""

    name: str  # one of STEPS
    ms: float


def drawn(attempts: Sequence[Mapping[str, Any]], *, is_secure: bool) -> list[dict[str, Any]]:
    """Return attempts, the oldest first, each with its steps as bars.

    `is_secure` says whether the URL is https.
    """
    split = [steps(made, is_secure=is_secure) for made in attempts]
    whole = max(sum(step.ms for its_steps in split for step in its_steps), 1.0)
    shown, begun, before = [], 0.0, None
    for made, its_steps in zip(attempts, split, strict=True):
        bars = list(_bars(its_steps, begun, whole, is_cut=not made.get("status")))
        begun += sum(step.ms for step in its_steps)
        shown.append(_attempt(made) | {"bars": bars, "after": _wait(made, before)})
        before = made
    return shown


def _attempt(made: Mapping[str, Any]) -> dict[str, Any]:
    status = int(made.get("status") or 0)
    error = str(made.get("error") or "")
    return {
        "number": int(made["number"]),
        "at": times.stamp(float(made["at"])),
        "status": status or "",
        "error": error,
        "says": error or f"Answered {status}",
        "answer": made.get("answer", ""),
        "headers": str(made.get("headers") or ""),  # attempts before they were kept have none
        "address": made.get("address", ""),
        "duration_ms": round(float(made.get("duration_ms", 0))),
        "is_good": 200 <= status < 300,
    }


def _wait(made: Mapping[str, Any], before: Mapping[str, Any] | None) -> str:
    """Return how long an attempt came after the end of the one before it, "" for the first."""
    if before is None:
        return ""
    ended_at = float(before["at"]) + float(before.get("duration_ms", 0)) / 1000
    return presenting.span(float(made["at"]) - ended_at)


def steps(made: Mapping[str, Any], *, is_secure: bool) -> list[Step]:
    """Return the steps of an attempt; the last one is that at which it ended."""
    timings = made.get("timings") or {}
    told = ("lookup", "connect", "proxy", "tls")
    took = [Step(name, float(timings[name])) for name in told if name in timings]
    before = sum(step.ms for step in took)
    total = max(float(timings.get("total", 0)), before, 1.0)
    first_byte = float(timings.get("first_byte", total))
    if before < total:
        took.append(Step(_under_way(timings, is_secure=is_secure), max(first_byte - before, 0)))
    if total - max(first_byte, before) >= 1:
        took.append(Step("read", total - max(first_byte, before)))
    return took


def _under_way(timings: Mapping[str, Any], *, is_secure: bool) -> str:
    """Return the first step of which there is no time."""
    expected = ("lookup", "connect", *(("tls",) if is_secure else ()))
    return next((name for name in expected if name not in timings), "first_byte")


def _bars(
    its_steps: Sequence[Step], begun: float, whole: float, *, is_cut: bool
) -> Iterator[dict[str, Any]]:
    """Yield the bars of an attempt that begins at `begun` of `whole` ms.

    `is_cut` says that it came to no answer: it ended at its last step.
    """
    for step in its_steps:
        width = max(WIDTH * step.ms / whole, LEAST)
        yield {
            "step": step.name,
            "name": STEPS[step.name],
            "x": round(min(WIDTH * begun / whole, WIDTH - width)),
            "width": round(width),
            "ms": round(step.ms),
            "is_end": is_cut and step is its_steps[-1],
        }
        begun += step.ms
