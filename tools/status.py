"""The status of a stage on one screen: release, alarms, pending deliveries and last error."""

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from itertools import islice
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.printable import one_line
from tools.account import require_access
from tools.package import STAGES
from tools.stack import Stack, StackError

_QUEUES = {"retry_queue": "RetryQueue", "dead_letters": "RetryDeadLetters", "failures": "Failures"}
_FUNCTIONS = ("api", "dispatch", "retry", "sweep")
_LOOK_BACK = (300, 3600)  # seconds of logs: the newest errors are searched first
_LOG_PAGES = 100  # of a function's log, 1 MB or 10,000 errors each
_PAGES = 20  # of due deliveries, some 200,000

Facts = dict[str, Any]


def facts_of(stack: Stack) -> Facts:
    """Return the status of a stack in JSON types; times are ISO 8601 in UTC.

    Raises:
        StackError: There is none.
    """
    if not stack.status():
        raise StackError(f"there is no {stack.name}")
    outputs = stack.outputs()
    return {
        "stack": stack.name,
        "status": stack.status(),
        "release": outputs.get("Release"),
        "release_before": outputs.get("ReleaseBefore"),
        "url": outputs.get("Url"),
        "alarms": _ringing(stack.name),
        **_waiting(stack.name),
        **{name: _messages(stack.resource(logical)) for name, logical in _QUEUES.items()},
        "last_error": _last_error(stack.name),
    }


def _ringing(stack: str) -> list[str]:
    pages = (
        boto3.client("cloudwatch")
        .get_paginator("describe_alarms")
        .paginate(AlarmNamePrefix=f"{stack}-", StateValue="ALARM")
    )
    return [
        alarm["AlarmName"].removeprefix(f"{stack}-")
        for page in pages
        for alarm in page["MetricAlarms"]
    ]


def _waiting(stack: str) -> Facts:
    """Return the number of due deliveries and the time of the oldest; None if none is due."""
    due_ats = sorted(_due_ats(stack))
    is_due = bool(due_ats) and due_ats[0] <= time.time()
    return {
        "deliveries_waiting": len(due_ats),
        "oldest_due_at": _iso(due_ats[0]) if is_due else None,
    }


def _due_ats(stack: str) -> Iterator[float]:
    pages = (
        boto3.client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=f"{stack}-deliveries", IndexName="due", ProjectionExpression="due_at")
    )
    for page in islice(pages, _PAGES):
        yield from (float(item["due_at"]["N"]) for item in page["Items"])


def _messages(url: str) -> int:
    names = ["", "NotVisible", "Delayed"]
    asked = [f"ApproximateNumberOfMessages{name}" for name in names]
    told = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=asked)[
        "Attributes"
    ]
    return sum(int(count) for count in told.values())


def _last_error(stack: str) -> Facts | None:
    """Return the newest error in the functions' logs of the last hour."""
    for seconds in _LOOK_BACK:
        since = int(time.time() - seconds) * 1000
        if found := [error for name in _FUNCTIONS for error in _errors(stack, name, since)]:
            return max(found, key=lambda error: str(error["at"]))
    return None


def _errors(stack: str, function: str, since: int) -> Iterator[Facts]:
    """Yield a function's errors, the oldest first; empty pages may come in between."""
    asked = {
        "logGroupName": f"/aws/lambda/{stack}-{function}",
        "filterPattern": "ERROR",
        "startTime": since,
    }
    pages = boto3.client("logs").get_paginator("filter_log_events").paginate(**asked)
    for event in (event for page in islice(pages, _LOG_PAGES) for event in page["events"]):
        yield {
            "at": _iso(event["timestamp"] / 1000),
            "function": function,
            "message": event["message"].strip(),
        }


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def lines_of(facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield the screen."""
    oldest, error = facts["oldest_due_at"], facts["last_error"]
    shown = {
        facts["stack"]: (
            f"{facts['status']}, release {facts['release']} (before: "
            f"{facts['release_before'] or 'none'})"
        ),
        "url": facts["url"] or "none",
        "alarms": ", ".join(facts["alarms"]) or "none",
        "deliveries": f"{facts['deliveries_waiting']} wait"
        + (f", the oldest due since {oldest}" if oldest else ""),
        "retry queue": f"{facts['retry_queue']} messages",
        "dead letters": f"{facts['dead_letters']} messages",
        "failures": f"{facts['failures']} messages",
        "last error": f"{error['at']} {error['function']}: {one_line(error['message'][:300])}"
        if error
        else "none in the last hour",
    }
    width = max(map(len, shown))
    return (f"{name:<{width}}  {value}" for name, value in shown.items())


def ring(stack: Stack) -> str:
    """Trigger one alarm, which notifies its subscribers, and return what to expect.

    CloudWatch resets the alarm at its next evaluation.

    Raises:
        StackError: There is no stack, or nobody has confirmed a subscription.
    """
    if not stack.status():
        raise StackError(f"there is no {stack.name}")
    topic = stack.outputs()["AlarmTopicArn"]
    subscriptions = boto3.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    confirmed = [
        one["Endpoint"] for one in subscriptions if one["SubscriptionArn"].startswith("arn:")
    ]
    if not confirmed:
        raise StackError(
            f"nobody is subscribed to the alarms of {stack.name}: set AlarmEmail in "
            f".chalice/config.json, deploy, and confirm the mail that AWS sends, or subscribe to "
            f"{topic}"
        )
    name = f"{stack.name}-DispatchErrors"
    reason = "A test by make alarm-test: nothing is wrong"
    boto3.client("cloudwatch").set_alarm_state(
        AlarmName=name, StateValue="ALARM", StateReason=reason
    )
    return (
        f"{name} was triggered: {', '.join(confirmed)} must receive it now, and its end within "
        f"minutes"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=("show", "alarm-test"))
    parser.add_argument("--stage", default="dev", choices=STAGES)
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args()


def main() -> None:
    """Show a stage, or trigger one of its alarms."""
    asked = _arguments()
    try:
        require_access()
        stack = Stack(f"taskhook-{asked.stage}", {})
        if asked.verb == "alarm-test":
            print(ring(stack))
        else:
            facts = facts_of(stack)
            print(json.dumps(facts, indent=1) if asked.json else "\n".join(lines_of(facts)))
    except (BotoCoreError, ClientError, StackError) as error:
        raise SystemExit(f"{asked.verb}: {error}") from error


if __name__ == "__main__":
    main()
