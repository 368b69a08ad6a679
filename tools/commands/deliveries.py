"""The commands of `taskhook delivery`."""

import json
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

from chalicelib.adapters.dynamodb.tables import Delivery
from chalicelib.domain.errors import NotFound, Refused, TaskhookError
from chalicelib.domain.printable import one_line
from chalicelib.services.deliveries import delivery_details, delivery_log, redelivery
from chalicelib.services.endpoints import endpoints
from tools import exit_codes
from tools.commands.delivery_rows import delivery_row
from tools.commands.pasting import pasted
from tools.commands.probes import next_probe
from tools.commands.rows import Row, time_text
from tools.printing import print_line
from tools.verbs.parts import Args

_INTERVAL = 1.0
"""Seconds between two looks of `delivery tail`."""


def delivery_list(args: Args) -> list[Row]:
    """List deliveries, the newest first; one more than the limit, if there are more."""
    limit = args.limit + 1 if args.limit else None
    return [
        delivery_row(row)
        for row in delivery_log.list_deliveries(
            args.endpoint, args.status, args.since, limit, args.until
        )
    ]


def delivery_tail(args: Args) -> None:
    """Print what comes of each attempt as it happens, until Ctrl-C."""
    from tools.commands import tailing  # noqa: PLC0415 -- no other command follows

    follower = tailing.Follower(args.endpoint, args.status)
    with suppress(KeyboardInterrupt):  # that is how it ends
        rows: Iterable[Delivery] = follower.begin(args.lines)
        while True:
            for row in rows:
                print_line(delivery_row(row), is_json=args.json)
            time.sleep(_INTERVAL)
            rows = follower.look()


def delivery_show(args: Args) -> Row:
    """Show a delivery with its body and each attempt."""
    row, as_json = delivery_log.find_delivery(args.id), args.json
    return {
        **delivery_row(row),
        **_held_back(row),
        "body": delivery_details.body_of(row),
        "attempts": [
            _attempt_row(made, as_json=as_json) for made in delivery_details.attempts_of(row)
        ],
    }


def _held_back(row: Delivery) -> Row:
    """Return what a delivery waits for besides its due time, if anything."""
    if (earlier := delivery_log.waits_behind(row)) is not None:
        return {"waits_for": f"an earlier event of its task, delivery {earlier.id}"}
    try:
        endpoint = endpoints.find_endpoint(row.endpoint_id).endpoint
    except NotFound:
        return {}
    if not delivery_log.is_held(row, endpoint):
        return {}
    return {"waits_for": f"its endpoint is suspended, {next_probe(endpoint)}"}


def delivery_retry(args: Args) -> Row:
    """Send a delivery again now, or show what it waits for; `delivery show` has the result."""
    row = redelivery.send_again(args.id)
    return {**delivery_row(row), **_held_back(row)}


def delivery_replay(args: Args) -> Row:
    """Count an endpoint's deliveries of a period, and send them again at a given rate."""
    args.until = min(args.until, time.time())  # later deliveries are excluded
    statuses = [args.status] if args.status else redelivery.REPLAYED
    found = redelivery.replayable(
        redelivery.ReplayRequest(args.endpoint, args.since, args.until, statuses, args.after)
    )
    counts: dict[str, Any] = {"found": len(found), **Counter(sent.status for sent in found)}
    skipped = [] if args.dry_run else _replay(found, args)
    counts["sent_again"] = 0 if args.dry_run else len(found) - len(skipped)
    return counts | ({"skipped": skipped} if skipped else {})


def _replay(found: Sequence[redelivery.ReplayCandidate], args: Args) -> list[str]:
    """Send deliveries again; return the reasons of those that could not be sent."""
    from tqdm import tqdm  # noqa: PLC0415 -- slow, and no other command draws a bar

    done, skipped, begun, stopped = 0, [], time.monotonic(), threading.Event()
    why, code = "stopped", exit_codes.INTERRUPTED
    to, is_quiet = one_line(f"to {args.endpoint}"), args.json
    bar = tqdm(found, unit="", mininterval=0.5, desc=to, disable=is_quiet)
    # Ctrl-C is handled between two deliveries, so that the count is exact.
    before = signal.signal(signal.SIGINT, lambda *_: stopped.set())
    try:
        for sent in bar:
            if stopped.wait(max(0, begun + done / args.rate - time.monotonic())):
                break
            try:
                redelivery.send_again(sent.id, skips_suspension=False)
            except (NotFound, Refused) as error:
                skipped.append(f"{sent.id}: {error}")
            done += 1
        else:
            return skipped
    except TaskhookError as error:
        why, code = str(error), exit_codes.code_of(error)
    finally:
        signal.signal(signal.SIGINT, before)
    bar.close()
    last = found[done - 1].cursor if done else args.after
    print(one_line(f"{args.program}: {why} after {done} of {len(found)}"), file=sys.stderr)
    print(f"continue with: {_go_on(args, last)}", file=sys.stderr)
    raise SystemExit(code)


def _go_on(args: Args, last: str | None) -> str:
    """Return the command that continues a stopped replay."""
    words = ["delivery", "replay", "--endpoint", args.endpoint]
    words += ["--since", _iso(args.since), "--until", _iso(args.until)]
    words += ["--rate", str(args.rate)]
    words += ["--status", args.status] if args.status else []
    words += ["--after", last] if last else []
    return pasted(args, *words)


def _iso(seconds: float) -> str:
    """Return a time for `--since`, to the microsecond."""
    return datetime.fromtimestamp(seconds, timezone.utc).replace(tzinfo=None).isoformat()


def _attempt_row(made: Mapping[str, Any], *, as_json: bool) -> Row:
    """Return an attempt in the order in which it happened; a map of the store has none."""
    kept = _plain(made)
    order = (
        "number",
        "at",
        "address",
        "timings",
        "duration_ms",
        "status",
        "error",
        "headers",
        "answer",
    )
    row = {name: kept[name] for name in order if name in kept}
    steps = ("lookup", "connect", "proxy", "tls", "first_byte", "total")
    timings = {name: row["timings"][name] for name in steps if name in row.get("timings", {})}
    if as_json:
        return row | {"timings": timings}
    shown = ",".join(f"{name}:{ms}ms" for name, ms in timings.items())
    return row | {"at": time_text(row["at"]), "timings": shown}


def _plain(value: Any) -> Any:
    return json.loads(
        json.dumps(value, default=lambda other: getattr(other, "attribute_values", str(other)))
    )
