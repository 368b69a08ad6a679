"""`GET /metrics`, as Prometheus reads it."""

import re
import shutil
import subprocess
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.services.deliveries import monitoring, statistics
from chalicelib.services.tasks import lifecycle
from tests.support.aws_faults import listening
from tests.support.cloud import API_TOKEN, TOKEN, dispatch
from tests.support.deliveries import edit, fail_first, lay_down, past_delivery, rows, subscribe
from tests.support.http_calls import call
from tests.support.receivers import Inbox
from tools.package import ROOT

BEARER = {"authorization": f"Bearer {API_TOKEN}"}
NOW = 1_800_000_000.0
ORDER = ("endpoint", "attempt", "outcome", "state", "le")


def scrape():
    """Return the value of each sample by its name and labels, as Prometheus' own client reads."""
    answer = call(path="/metrics", headers=BEARER)
    assert (answer.status, answer.headers["Content-Type"]) == (
        200,
        "text/plain; version=0.0.4; charset=utf-8",
    )
    families = text_string_to_metric_families(answer.text)
    return {
        (
            sample.name,
            *(sample.labels[name] for name in ORDER if name in sample.labels),
        ): sample.value
        for family in families
        for sample in family.samples
    }


def attempts(samples):
    return {key[1:]: value for key, value in samples.items() if key[0] == "taskhook_attempts_total"}


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize("headers", [{}, {"authorization": f"Bearer {TOKEN}"}])
@pytest.mark.parametrize(
    ("accept", "text"),
    [("*/*", "Not Authorized"), ("application/json", '{"error": "Not Authorized"}')],
)
def test_without_the_api_token_a_scrape_is_refused_in_the_words_of_the_hook(headers, accept, text):
    answer = call(path="/metrics", headers={**headers, "accept": accept})

    assert (answer.status, answer.text) == (401, text)


@pytest.mark.usefixtures("cloud")
def test_an_endpoint_that_was_never_called_has_zeros():
    subscribe("http://127.0.0.1:9/secret-path")

    samples = scrape()

    assert attempts(samples) == {
        ("ci", "first", "delivered"): 0,
        ("ci", "first", "failed"): 0,
        ("ci", "retry", "delivered"): 0,
        ("ci", "retry", "failed"): 0,
    }
    assert samples["taskhook_deliveries_given_up_total", "ci"] == 0
    assert samples["taskhook_first_attempt_duration_seconds_count", "ci"] == 0


@pytest.mark.usefixtures("cloud")
def test_a_label_is_an_id_and_no_url_is_told():
    subscribe("http://127.0.0.1:9/secret-path")

    assert "127.0.0.1" not in call(path="/metrics", headers=BEARER).text


@pytest.mark.usefixtures("cloud")
def test_first_attempts_are_counted_once_they_have_settled():
    subscribe("http://127.0.0.1:9/")
    past_delivery(1, NOW - 300).save()
    past_delivery(2, NOW - 200, tries=2, took_ms=1001).save()
    statistics.count_all(["ci"], NOW)

    samples = scrape()

    assert samples["taskhook_attempts_total", "ci", "first", "delivered"] == 1
    assert samples["taskhook_attempts_total", "ci", "first", "failed"] == 1
    assert samples["taskhook_counted_timestamp_seconds", "ci"] == NOW - 200
    assert samples["taskhook_first_attempt_duration_seconds_bucket", "ci", "0.02"] == 1
    assert samples["taskhook_first_attempt_duration_seconds_bucket", "ci", "+Inf"] == 2
    assert samples["taskhook_first_attempt_duration_seconds_sum", "ci"] == 1.021


@pytest.mark.usefixtures("cloud")
def test_a_counter_keeps_what_the_hours_forget():
    subscribe("http://127.0.0.1:9/")
    for number, days in enumerate([20, 10, 0]):
        at = NOW - days * 86400
        past_delivery(number + 1, at - 300).save()
        statistics.count_all(["ci"], at)

    assert scrape()["taskhook_attempts_total", "ci", "first", "delivered"] == 3


def test_retries_are_counted_by_their_outcome(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        inbox.status = 500
        cloud.retry_due()
        inbox.status = 204
        cloud.retry_due()

    samples = scrape()

    assert samples["taskhook_attempts_total", "ci", "retry", "failed"] == 1
    assert samples["taskhook_attempts_total", "ci", "retry", "delivered"] == 1


def test_a_first_attempt_is_counted_however_long_it_had_to_wait(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        past_delivery(
            1, round(time.time() - 1000, 3), status="pending", tries=0, took_ms=None
        ).save()
        [row] = rows()
        give_up_at = round(time.time() + 1000, 3)
        row.update(actions=[Delivery.due_at.set(give_up_at), Delivery.give_up_at.set(give_up_at)])
        statistics.count_all(["ci"], time.time())
        cloud.retry_due()

    assert scrape()["taskhook_attempts_total", "ci", "first", "delivered"] == 1


def test_a_delivery_that_is_given_up_is_counted(cloud):
    with Inbox(status=410) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        cloud.pump()

    samples = scrape()

    assert samples["taskhook_deliveries_given_up_total", "ci"] == 1
    assert samples["taskhook_endpoint_state", "ci", "disabled"] == 1
    assert samples["taskhook_endpoint_state", "ci", "active"] == 0


def test_what_is_delivered_at_once_costs_the_counters_no_call(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        records = cloud.records()
        with listening() as calls:
            dispatch(records)

    assert "UpdateItem" not in [one.operation for one in calls]


def test_a_backlog_and_its_age_are_gauges_that_fall(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        cloud.make_due(by=100)
        waiting = scrape()
        cloud.retry_due()

    assert waiting["taskhook_deliveries_waiting", "ci"] == 1
    assert 100 <= waiting["taskhook_oldest_due_delivery_age_seconds", "ci"] < 200
    assert scrape()["taskhook_deliveries_waiting", "ci"] == 0


def test_what_waits_for_a_suspended_endpoint_is_not_overdue(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        cloud.make_due(by=100)
    until = time.time() + 1000
    Endpoint("ci").update(actions=[Endpoint.suspended_until.set(round(until, 3))])

    samples = scrape()

    assert samples["taskhook_endpoint_state", "ci", "suspended"] == 1
    assert samples["taskhook_deliveries_waiting", "ci"] == 1
    assert samples["taskhook_oldest_due_delivery_age_seconds", "ci"] == 0


@pytest.mark.usefixtures("cloud")
def test_a_broken_endpoint_says_so():
    edit("endpoints", {"id": {"S": "typo"}}, url={"S": "ftp://example.com"})

    assert scrape()["taskhook_endpoint_state", "typo", "broken"] == 1


@pytest.mark.usefixtures("cloud")
def test_a_scrape_costs_no_query_for_an_endpoint_without_a_backlog():
    for number in range(20):
        subscribe("http://127.0.0.1:9/", f"ep{number}")
    Endpoint("ep7").update(actions=[Endpoint.waiting_since.set(NOW)])

    with listening() as calls:
        scrape()

    assert sorted(one.operation for one in calls if one.operation != "GetItem") == [
        *("BatchGetItem", "BatchGetItem", "Query", "Scan")
    ]


@pytest.mark.usefixtures("cloud")
def test_a_long_backlog_is_counted_up_to_its_bound(monkeypatch):
    monkeypatch.setattr(monitoring, "MAX_COUNTED", 3)
    subscribe("http://127.0.0.1:9/")
    lay_down(5, status="pending")
    for row in Delivery.scan():
        row.update(actions=[Delivery.due_at.set(NOW)])
    Endpoint("ci").update(actions=[Endpoint.waiting_since.set(NOW)])

    assert scrape()["taskhook_deliveries_waiting", "ci"] == 3


@pytest.mark.usefixtures("cloud", "caching")
def test_scrapes_within_the_lifetime_of_the_cache_share_one_reading(monkeypatch):
    monkeypatch.setattr(monitoring.READINGS, "_lifetime", 1000)
    scrape()

    with listening() as calls:
        scrape()

    assert [one.operation for one in calls] == []


@pytest.mark.skipif(not shutil.which("promtool"), reason="Prometheus is not installed")
@pytest.mark.usefixtures("cloud")
def test_promtool_finds_nothing_wrong_with_a_scrape():
    subscribe("http://127.0.0.1:9/", 'w"ei\\rd')
    text = call(path="/metrics", headers=BEARER).text

    ran = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@pytest.mark.skipif(not shutil.which("promtool"), reason="Prometheus is not installed")
def test_promtool_finds_nothing_wrong_with_the_documented_alerts(tmp_path):
    document = (ROOT / "docs/metrics.md").read_text()
    scraping, rules = re.findall("```yaml\n(.*?)```", document, re.DOTALL)
    (tmp_path / "prometheus.yml").write_text(scraping)
    (tmp_path / "rules.yml").write_text(rules)

    for command in (["check", "config", "--syntax-only"], ["check", "rules"]):
        file = "rules.yml" if "rules" in command else "prometheus.yml"
        ran = subprocess.run(
            ["promtool", *command, file], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
