"""Charts: turn hourly counts into rectangles and lines that a template draws as SVG."""

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple

from chalicelib.domain import statistics
from chalicelib.domain.statistics import Counts

WIDTH, HEIGHT = 600, 120
MOST_BARS = 28


class Span(NamedTuple):
    """The results of deliveries in one or more hours."""

    begins_at: float  # epoch seconds
    counts: Counts


def spans(hours: Sequence[Counts], now: float) -> list[Span]:
    """Merge hours, the last one current, into at most MOST_BARS spans."""
    step = -(-len(hours) // MOST_BARS)
    begin = int(now // 3600) - len(hours) + 1
    starts = range(0, len(hours), step)
    return [Span((begin + at) * 3600, statistics.sum_of(hours[at : at + step])) for at in starts]


def bars(shown: Sequence[Span]) -> dict[str, Any]:
    """Return a bar for each span: first-attempt deliveries at the bottom, all others on top."""
    most = max([span.counts.made for span in shown] + [1])
    slot = WIDTH / max(len(shown), 1)
    drawn = []
    for place, span in enumerate(shown):
        x, made = place * slot, span.counts.made
        whole = max(HEIGHT * made / most, 3) if made else 0
        bad = max(whole * (made - span.counts.first) / made, 3) if made > span.counts.first else 0
        drawn += [_bar(x, slot, HEIGHT - whole + bad, whole - bad, "")] if whole > bad else []
        drawn += [_bar(x, slot, HEIGHT - whole, bad, " bad")] if bad else []
    return {"width": WIDTH, "height": HEIGHT, "bars": drawn, "says": _bars_say(shown)}


def _bar(x: float, slot: float, y: float, height: float, tone: str) -> dict[str, Any]:
    width = slot * 0.84
    return {
        "x": round(x, 1),
        "y": round(y, 1),
        "width": round(width, 1),
        "height": round(height, 1),
        "tone": tone,
    }


def _bars_say(shown: Sequence[Span]) -> str:
    total = statistics.sum_of(span.counts for span in shown)
    if not total.made:
        return "No deliveries."
    highest = max(shown, key=lambda span: span.counts.made)
    return (
        f"{total.made:,} deliveries, {total.made - total.first:,} not at the first attempt; "
        f"peak {highest.counts.made:,} from {clock(highest.begins_at)}."
    )


def rate(shown: Sequence[Span]) -> dict[str, Any]:
    """Return the share delivered at the first attempt as a line, 0 to 100 %."""
    shares = [statistics.first_share(span.counts) for span in shown]
    known = [share for share in shares if share is not None]
    says = (
        f"From {percent(min(known))} to {percent(max(known))} at the first attempt."
        if known
        else "No deliveries."
    )
    return {**_frame(shown), "top": "100 %", "lines": [_line(shares, 1.0, "")], "says": says}


def latency(shown: Sequence[Span]) -> dict[str, Any]:
    """Return first attempts' durations as two lines: the median and the 99th percentile."""
    half, most = (
        [statistics.percentile(span.counts.histogram, share) for span in shown]
        for share in (0.5, 0.99)
    )
    top = max([ms for ms in most if ms is not None] + [10])
    says = "No attempts."
    if any(ms is not None for ms in most):
        total = statistics.sum_of(span.counts for span in shown).histogram
        says = (
            f"Overall p50 {ms_of(total, 0.5)} and p99 {ms_of(total, 0.99)}; highest p99 "
            f"{top:,.0f} ms."
        )
    lines = [_line(half, top, ""), _line(most, top, " second")]
    return {**_frame(shown), "top": f"{top:,.0f} ms", "lines": lines, "says": says}


def _frame(shown: Sequence[Span]) -> dict[str, Any]:
    return {"width": WIDTH, "height": HEIGHT, "from": clock(shown[0].begins_at), "to": "now"}


def _line(values: Sequence[float | None], top: float, tone: str) -> dict[str, Any]:
    """Return a step line; a missing value leaves a gap."""
    slot = WIDTH / len(values)
    path, is_down = [], False
    for place, value in enumerate(values):
        if value is not None:
            x, y = place * slot, HEIGHT - (HEIGHT - 4) * value / top - 2
            path.append(f"{'L' if is_down else 'M'}{x:.1f} {y:.1f}h{slot:.1f}")
        is_down = value is not None
    return {"path": "".join(path), "tone": tone}


def clock(seconds: float) -> str:
    """Return when a span begins, in UTC."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%-d %b %H:%M")


def percent(share: float | None) -> str:
    """Return a share in per cent, rounded down: only a full share is 100 %."""
    if share is None:
        return "none"
    tenths = int(share * 1000)
    return f"{tenths // 10} %" if tenths % 10 == 0 else f"{tenths / 10} %"


def ms_of(histogram: Sequence[int], share: float) -> str:
    """Return a percentile for people."""
    ms = statistics.percentile(histogram, share)
    return "none" if ms is None else f"{ms:,.0f} ms"
