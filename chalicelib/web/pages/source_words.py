"""What pages say of sources and of their payloads: tones of dots, and words."""

from collections.abc import Sequence
from typing import Any

from chalicelib.services.sources.outcomes import Outcome
from chalicelib.services.sources.payload_log import Counts, Summary
from chalicelib.services.sources.sources import CheckedSource
from chalicelib.web.pages import presenting, times

PROOFS = {
    "token": "The secret in the address",
    "github": "GitHub's signature",
    "gitea": "Gitea's signature",
    "gitlab": "GitLab's secret token, or its signature",
    "standard": "A signature of Standard Webhooks",
    "stripe": "Stripe's signature",
    "sentry": "Sentry's signature",
    "grafana": "Grafana's HMAC signature",
    "none": "Nothing: for a local run on this machine alone",
}
"""How a request proves itself, in words."""

TONES = {"created": "ok", "changed": "ok", "closed": "ok", "ignored": "off", "failed": "bad"}


def state_of(listed: CheckedSource) -> dict[str, str]:
    """Return how a source does: the tone of its dot, a word, and why."""
    source = listed.source
    if listed.broken is not None or source is None:
        return {"tone": "bad", "state": "Broken", "reason": listed.broken or ""}
    if not source.is_active:
        return {"tone": "off", "state": "Disabled", "reason": "requests are answered 403"}
    if source.verify != "none" and not source.secret.strip():
        return {
            "tone": "warn",
            "state": "No secret",
            "reason": "every request is refused until the source has one",
        }
    return {"tone": "ok", "state": "Active", "reason": ""}


def payload(summary: Summary) -> dict[str, Any]:
    """Return a payload as a list shows it."""
    return {
        "id": summary.id,
        "at": presenting.moment(summary.received_at),
        "when": times.stamp(summary.received_at),
        "received_at": summary.received_at,
        "size": size(summary.size),
        "reason": summary.reason,
        **payload_state(summary),
    }


def subject(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return what a payload was about: the task and key of the first such item, and more."""
    known = [one for one in outcomes if one.task_id or one.key]
    if not known:
        return {"task_id": 0, "key": "", "more": 0}
    return {"task_id": known[0].task_id, "key": known[0].key or "", "more": len(known) - 1}


def payload_state(summary: Summary) -> dict[str, str]:
    """Return what came of a payload: the tone of a dot, and words."""
    counts = counted(Counts(*(getattr(summary, name) for name in Counts._fields)))
    if summary.status == 0:
        return {"tone": "warn", "state": "Under way"}
    if summary.status >= 500:
        return {"tone": "bad", "state": ", ".join(filter(None, ["Interrupted", counts]))}
    if summary.status == 400:
        return {"tone": "bad", "state": "Not readable"}
    if not counts:
        return {"tone": "off", "state": "No items"}
    is_idle = not (summary.created or summary.changed or summary.closed)
    return {"tone": "bad" if summary.failed else "off" if is_idle else "ok", "state": counts}


def counted(counts: Counts) -> str:
    """Return how many items came to what, in words; "" for none."""
    named = zip(Counts._fields, counts, strict=True)
    return ", ".join(f"{count:,} {name}" for name, count in named if count)


def size(count: int) -> str:
    """Return so many bytes for people."""
    return f"{count:,} bytes" if count < 1000 else f"{count / 1000:,.1f} kB"
