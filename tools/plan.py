"""The plan of a deployment: its changes, and the monthly cost of the stack at rest."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from tools import table_indexes
from tools.package import ROOT
from tools.retained_tables import tables_left
from tools.stack import Stack, StackError

PRICES = ROOT / "bench/prices.json"

_WORDS = {"Add": "made", "Modify": "changed", "Remove": "removed"}
_TABLE = "AWS::DynamoDB::Table"


Facts = dict[str, Any]


def show(
    stack: Stack, template: Mapping[str, Any], url: str, parameters: Mapping[str, str]
) -> None:
    """Print the changes and the cost at rest. Raises as `facts_of` does."""
    print("\n".join(lines_of(facts_of(stack, template, url, parameters))))


def facts_of(
    stack: Stack, template: Mapping[str, Any], url: str, parameters: Mapping[str, str]
) -> Facts:
    """Return the plan of a deployment in JSON types.

    Args:
        stack: The stack, which may not exist yet.
        template: The release's.
        url: The template's URL for CloudFormation.
        parameters: Those that differ from their defaults.

    Raises:
        StackError: A table would be replaced or removed.
    """
    is_new = not stack.status()
    alarms, metrics = resting_costs(template)
    return {
        "stack": stack.name,
        "is_new": is_new,
        "changes": _all_new(stack, template) if is_new else _changes(stack, url, parameters),
        "usd_a_month_at_rest": {"alarms": round(alarms, 2), "metrics": round(metrics, 2)},
    }


def lines_of(facts: Facts) -> Iterator[str]:
    """Yield the plan's lines for people."""
    yield f"{facts['stack']} is about to {'be made' if facts['is_new'] else 'change'}:"
    for change in facts["changes"]:
        yield f"  {change['what']:<9} {change['resource']}"
    if not facts["changes"]:
        yield "  nothing"
    alarms, metrics = facts["usd_a_month_at_rest"].values()
    yield (
        f"At rest it costs {alarms + metrics:.2f} USD a month: alarms {alarms:.2f}, metrics "
        f"{metrics:.2f}"
    )
    yield "(docs/operations.md has the prices, and what use adds)"


_DONE = {"Create": "made", "Delete": "removed"}


def _all_new(stack: Stack, template: Mapping[str, Any]) -> list[Facts]:
    """Return what a new stack is made of, and the indexes of kept tables that change before."""
    kinds = Counter(str(resource["Type"]) for resource in template["Resources"].values())
    facts = [
        {"what": "made", "resource": f"{count} x {kind}"} for kind, count in sorted(kinds.items())
    ]
    for verb, index, table in table_indexes.changes(template, tables_left(stack.name, template)):
        facts.append({"what": _DONE[verb], "resource": f"index {index} of {table}"})
    return facts


def _changes(stack: Stack, url: str, parameters: Mapping[str, str]) -> list[Facts]:
    changes = stack.preview(url, parameters)
    lost = [
        one["LogicalResourceId"]
        for one in changes
        if one["ResourceType"] == _TABLE and _verb(one) in _LOSING
    ]
    if lost:
        raise StackError(
            f"this release would replace or remove tables ({', '.join(lost)}): it is not deployed"
        )
    return [
        {"what": _verb(one), "resource": f"{one['LogicalResourceId']} ({one['ResourceType']})"}
        for one in changes
    ]


_LOSING = {"replaced", "removed"}
_REPLACED = {"True": "replaced", "Conditional": "may be replaced"}
"""CloudFormation says "Conditional" of a table with a new attribute too, for an index: that alone
loses nothing."""


def _verb(change: Mapping[str, Any]) -> str:
    word = _WORDS.get(change["Action"], str(change["Action"]).lower())
    return (
        _REPLACED.get(change.get("Replacement", ""), word) if change["Action"] == "Modify" else word
    )


def resting_costs(template: Mapping[str, Any]) -> tuple[float, float]:
    """Return the monthly USD of alarms and metrics, the only fixed cost without use."""
    from chalicelib.adapters import metrics  # noqa: PLC0415 -- it reads the environment, which the caller sets

    prices = json.loads(PRICES.read_text())["prices"]
    counts = {
        "alarms": watched_metrics(template["Resources"]),
        "metrics": len(get_args(metrics.Name)),
    }
    alarms, metered = (
        count * prices[name]["usd"] / prices[name]["per"] for name, count in counts.items()
    )
    return alarms, metered


def watched_metrics(resources: Mapping[str, Any]) -> int:
    """Return the number of metrics in a template's alarms; each is charged."""
    alarms = [
        one["Properties"]
        for one in resources.values()
        if one.get("Type") == "AWS::CloudWatch::Alarm"
    ]
    return sum(
        sum("MetricStat" in metric for metric in alarm.get("Metrics", [])) or 1 for alarm in alarms
    )
