"""What `manage.py` can do: each function is a command and returns what is shown."""

import argparse
import json
import shlex
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from tqdm import tqdm

from chalicelib.adapters.tables import Delivery, Endpoint, Project, User
from chalicelib.domain.errors import NotFound, Refused, TaskhookError
from chalicelib.domain.health import STRIKES
from chalicelib.services import deliveries, endpoints, people, projects, redelivery, settings, webhooks

Row = Mapping[str, Any]


def settings_show(args: argparse.Namespace) -> Row:
    """Show the settings; tokens only with --secrets."""
    kept = settings.read()
    show = (lambda text: text) if args.secrets else (lambda _: "(hidden: add --secrets)")
    return {"webhook_token": show(kept.webhook_token), "api_token": show(kept.api_token)}


def token_rotate(_: argparse.Namespace) -> Row:
    """Replace the webhook token by a new one and show it."""
    return {"webhook_token": settings.rotate_webhook_token()}


def endpoint_add(args: argparse.Namespace) -> Row:
    """Add an endpoint."""
    added = endpoints.add_endpoint(args.url, args.event, args.format, args.id)
    return _endpoint_row(added, None) | {"secret": added.secret}


def endpoint_list(_: argparse.Namespace) -> list[Row]:
    """List the endpoints, those that cannot be used with the reason."""
    return [_endpoint_row(*listed) for listed in endpoints.list_endpoints()]


def endpoint_show(args: argparse.Namespace) -> Row:
    """Show an endpoint; its secret only with --secrets."""
    listed = endpoints.find_endpoint(args.id)
    row = _endpoint_row(*listed) | _health_row(listed.endpoint)
    return row | ({"secret": endpoints.secrets_of(listed.endpoint)[0]} if args.secrets else {})


def endpoint_test(args: argparse.Namespace) -> Row:
    """Send a signed ping to an endpoint and show what came of it."""
    return _delivery_row(webhooks.ping(args.id))


def endpoint_enable(args: argparse.Namespace) -> None:
    """Switch an endpoint on."""
    endpoints.set_active(args.id, is_active=True)


def endpoint_disable(args: argparse.Namespace) -> None:
    """Switch an endpoint off."""
    endpoints.set_active(args.id, is_active=False)


def endpoint_remove(args: argparse.Namespace) -> None:
    """Remove an endpoint."""
    endpoints.remove_endpoint(args.id)


def endpoint_rotate_secret(args: argparse.Namespace) -> Row:
    """Give an endpoint a new secret; the old one signs beside it for 24 hours."""
    return {"secret": endpoints.rotate_secret(args.id)}


def delivery_list(args: argparse.Namespace) -> list[Row]:
    """List deliveries, the newest first."""
    return [_delivery_row(row) for row in deliveries.list_deliveries(args.endpoint, args.status, args.since)]


def delivery_show(args: argparse.Namespace) -> Row:
    """Show a delivery with its body and each attempt."""
    row = deliveries.find_delivery(args.id)
    return _delivery_row(row) | {
        "body": json.loads(row.body),
        "attempts": [_attempt_row(made) for made in row.attempts],
    }


def delivery_retry(args: argparse.Namespace) -> Row:
    """Let a delivery be sent again now; what came of it is seen with delivery show."""
    return _delivery_row(redelivery.send_again(args.id))


def delivery_replay(args: argparse.Namespace) -> Row:
    """Count what was sent to an endpoint in a time, and send it again at a pace."""
    args.until = min(args.until, time.time())  # what is made meanwhile is no part of it
    statuses = [args.status] if args.status else redelivery.REPLAYED
    found = redelivery.replayable(args.endpoint, args.since, args.until, statuses, args.after)
    counts: dict[str, Any] = {"found": len(found), **Counter(sent.status for sent in found)}
    skipped = [] if args.dry_run else _replay(found, args)
    counts["sent_again"] = 0 if args.dry_run else len(found) - len(skipped)
    return counts | ({"skipped": skipped} if skipped else {})


def _replay(found: Sequence[redelivery.Sent], args: argparse.Namespace) -> list[str]:
    """Send again and return why some could not be."""
    done, skipped, begun = 0, [], time.monotonic()
    bar = tqdm(found, unit="", mininterval=0.5, desc=f"to {args.endpoint}", disable=getattr(args, "json", False))
    try:
        for sent in bar:
            time.sleep(max(0, begun + done / args.rate - time.monotonic()))
            try:
                redelivery.send_again(sent.id)
            except (NotFound, Refused) as error:
                skipped.append(f"{sent.id}: {error}")
            done += 1
    except (KeyboardInterrupt, TaskhookError) as error:
        bar.close()
        last = found[done - 1].id if done else args.after
        print(f"manage.py: {str(error) or 'stopped'} after {done} of {len(found)}", file=sys.stderr)
        print(f"go on with: {_go_on(args, last)}", file=sys.stderr)
        raise SystemExit(130 if isinstance(error, KeyboardInterrupt) else 2) from error
    return skipped


def _go_on(args: argparse.Namespace, last: str | None) -> str:
    """Return the command that goes on where a replay has stopped."""
    words = ["delivery", "replay", "--endpoint", args.endpoint, "--since", str(args.since), "--until", str(args.until)]
    words += ["--rate", str(args.rate)]
    words += ["--status", args.status] if args.status else []
    words += ["--after", last] if last else []
    words += ["--local"] if getattr(args, "local", False) else []
    words += ["--data-dir", str(args.data_dir)] if "data_dir" in args else []
    return f"manage.py {shlex.join(words)}"


def user_add(args: argparse.Namespace) -> Row:
    """Add a user."""
    return _user_row(people.add_user(args.username, _password(args), name=args.name, role=args.role))


def user_list(_: argparse.Namespace) -> list[Row]:
    """List the users."""
    return [_user_row(user) for user in people.list_users()]


def user_password(args: argparse.Namespace) -> None:
    """Give a user the password that is read from standard input."""
    people.set_password(args.username, sys.stdin.readline().rstrip("\n"))


def user_disable(args: argparse.Namespace) -> None:
    """Keep a user from signing in and from being assigned tasks."""
    people.disable_user(args.username)


def project_add(args: argparse.Namespace) -> Row:
    """Add a project."""
    return _project_row(projects.add_project(args.name, args.column or projects.FIRST_COLUMNS))


def project_list(_: argparse.Namespace) -> list[Row]:
    """List the projects with the ids of their columns."""
    return [_project_row(project) for project in projects.list_projects()]


def _endpoint_row(endpoint: Endpoint, broken: str | None) -> dict[str, Any]:
    state, reason = _state(endpoint, broken)
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": endpoints.events_of(endpoint),
        "format": endpoints.format_of(endpoint),
        "state": state,
        "reason": reason,
    }


def _state(endpoint: Endpoint, broken: str | None) -> tuple[str, str]:
    if broken is not None:
        return "broken", broken
    if not endpoint.is_active:
        return "disabled", endpoint.disabled_reason or ""
    if endpoint.suspended_until is not None:
        return "suspended", f"next probe {_time(endpoint.suspended_until)}"
    return "active", ""


def _health_row(endpoint: Endpoint) -> dict[str, Any]:
    """Return how an endpoint has answered lately; the next step of a suspended one sends `ramp` deliveries."""
    health = endpoint.health
    is_suspended = health.suspended_until is not None
    return {
        "failures_in_a_row": health.failures,
        "failing_since": _time(health.failing_since) if health.failing_since else "",
        "next_probe_at": _time(health.suspended_until) if health.suspended_until else "",
        "ramp": health.ramp if is_suspended else "",
        "is_slow": health.slow_answers >= STRIKES,
        "waiting": deliveries.count_waiting(endpoint.id),
    }


def _delivery_row(row: Delivery) -> dict[str, Any]:
    return {
        "id": row.id,
        "created_at": _time(row.created_at),
        "endpoint_id": row.endpoint_id,
        "event_type": row.event_type,
        "task_id": row.task_id,
        "status": row.status,
        "attempts": row.tries,
        "due_at": _time(row.due_at) if row.due_at else "",
        "outcome": row.outcome,
    }


def _attempt_row(made: Mapping[str, Any]) -> Row:
    """Return an attempt in the order in which it happened; a map of the store has none."""
    kept = _plain(made)
    order = ("number", "at", "address", "timings", "duration_ms", "status", "error", "answer")
    row = {name: kept[name] for name in order if name in kept}
    steps = ("lookup", "connect", "tls", "first_byte", "total")
    return row | {"timings": {name: row["timings"][name] for name in steps if name in row["timings"]}}


def _user_row(user: User) -> Row:
    return {name: getattr(user, name) for name in ("id", "username", "name", "role", "is_active")}


def _project_row(project: Project) -> Row:
    columns = {str(column.id): column.name for column in project.columns}
    return {"id": project.id, "name": project.name, "is_active": project.is_active, "columns": columns}


def _password(args: argparse.Namespace) -> str:
    return sys.stdin.readline().rstrip("\n") if args.password_stdin else ""


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=lambda other: getattr(other, "attribute_values", str(other))))


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
