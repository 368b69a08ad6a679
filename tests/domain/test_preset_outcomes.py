"""What comes of the payloads that known senders send: beside each stands the whole outcome.

`payloads/PRESET/NAME.json` is a payload, `NAME.headers.json` its headers where they matter, and
`NAME.expected.json` the outcome of each item, with the whole task.
"""

import json
from typing import Any

import pytest

from chalicelib.domain.errors import ExpressionFailed
from chalicelib.domain.presets import PRESETS
from chalicelib.domain.tasks import COLORS
from tests.support.preset_outcomes import PAYLOADS, known, outcomes, read

SENT = sorted(
    f"{path.parent.name}/{path.stem}"
    for path in PAYLOADS.glob("*/*.json")
    if path.suffixes == [".json"]
)
STRANGE: list[Any] = [
    None,
    7,
    "text",
    [],
    {},
    {"data": 7},
    {"alerts": {}},
    {"issue": {}, "action": "opened"},
]


def came_of(name: str) -> list[dict[str, Any]]:
    """Return what comes of each item of a payload that is kept here."""
    has_headers = (PAYLOADS / f"{name}.headers.json").exists()
    headers = read(f"{name}.headers") if has_headers else {}
    return outcomes(name.partition("/")[0], read(name), headers)


@pytest.mark.parametrize("name", SENT)
def test_each_item_of_a_payload_has_the_outcome_beside_it(name):
    assert came_of(name) == read(f"{name}.expected")


@pytest.mark.parametrize("name", SENT)
def test_a_task_has_a_text_as_title_a_known_colour_and_names_as_tags(name):
    tasks = [item["task"] for item in came_of(name) if "task" in item]

    assert [task for task in tasks if not isinstance(task["title"], str) or not task["title"]] == []
    assert {task.get("color_id") for task in tasks} <= {None, *COLORS}
    assert {type(tag) for task in tasks for tag in task.get("tags") or []} <= {str}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_at_least_three_payloads(name):
    assert len([sent for sent in SENT if sent.startswith(f"{name}/")]) >= 3


@pytest.mark.parametrize("name", PRESETS)
def test_the_sample_of_a_preset_makes_a_task(name):
    [shown] = outcomes(name, known(name).sample, {})

    assert shown["closes"] is False
    assert shown["task"]["title"]


@pytest.mark.parametrize(
    "name",
    [
        "github/ping",
        "gitlab/push",
        "gitea/test-delivery",
        "grafana/test",
        "sentry/installation",
        "uptime-kuma/test",
        "zabbix/test",
        "healthchecks/test",
    ],
)
def test_a_senders_test_message_is_ignored(name):
    assert came_of(name) == [{"ignored": True}]


@pytest.mark.parametrize(
    ("opened", "closed"),
    [
        ("github/issue-opened", "github/issue-closed"),
        ("github/issue-opened", "github/issue-deleted"),
        ("github/pull-request-opened", "github/pull-request-merged"),
        ("github/workflow-failed", "github/workflow-succeeded"),
        ("github/check-failed", "github/check-succeeded"),
        ("github/check-suite-failed", "github/check-suite-succeeded"),
        ("github/dependabot-created", "github/dependabot-fixed"),
        ("github/secret-created", "github/secret-resolved"),
        ("github/code-scanning-created", "github/code-scanning-fixed"),
        ("gitlab/issue-opened", "gitlab/issue-closed"),
        ("gitlab/merge-request-opened", "gitlab/merge-request-merged"),
        ("gitlab/pipeline-failed", "gitlab/pipeline-succeeded"),
        ("gitea/issue-opened", "gitea/issue-closed"),
        ("gitea/pull-request-opened", "gitea/pull-request-merged"),
        ("grafana/two-firing", "grafana/both-resolved"),
        ("alertmanager/three-firing", "alertmanager/all-resolved"),
        ("sentry/issue-created", "sentry/issue-resolved"),
        ("sentry/issue-alert", "sentry/issue-archived"),
        ("sentry/metric-alert-warning", "sentry/metric-alert-resolved"),
        ("uptime-kuma/down", "uptime-kuma/up"),
        ("zabbix/problem", "zabbix/resolved"),
        ("healthchecks/down", "healthchecks/up"),
        ("standard/created", "standard/resolved"),
        ("cloudevents/structured", "cloudevents/resolved-binary"),
        ("custom/opened", "custom/closed"),
    ],
)
def test_what_is_resolved_closes_what_was_opened(opened, closed):
    before, after = came_of(opened), came_of(closed)

    assert [item["closes"] for item in before] == [False] * len(before)
    assert [item["closes"] for item in after] == [True] * len(before)
    assert [item["key"] for item in after] == [item["key"] for item in before]


def test_a_run_of_a_fork_is_about_another_branch_than_the_repositorys_own():
    [own], [of_fork] = (
        came_of("github/workflow-failed"),
        came_of("github/workflow-timed-out-in-a-fork"),
    )

    assert (own["key"], of_fork["key"]) == ("acme/shop CI acme:main", "acme/shop CI mona:main")


@pytest.mark.parametrize("name", ["github", "gitlab", "gitea", "sentry"])
def test_a_large_payload_about_something_else_is_ignored_like_a_small_one(name):
    payload = {"object_kind": "push", "commits": [{"message": "x" * 1000}] * 900}

    assert outcomes(name, payload, {}) == [{"ignored": True}]


@pytest.mark.parametrize("name", ["gitlab/issue-opened", "gitlab/merge-request-opened"])
def test_a_description_as_long_as_gitlab_takes_is_cut(name):
    payload = read(name)
    payload["object_attributes"]["description"] = "ü" * 500_000

    [cut] = outcomes("gitlab", payload, {})

    assert len(cut["task"]["description"].partition("\n\n")[2]) == 50_000


@pytest.mark.parametrize("name", [name for name in PRESETS if name != "custom"])
@pytest.mark.parametrize("payload", STRANGE, ids=json.dumps)
def test_a_payload_that_the_sender_never_sends_makes_no_task(name, payload):
    try:
        made = outcomes(name, payload, {})
    except ExpressionFailed:
        made = []

    assert [item for item in made if "task" in item] == []
