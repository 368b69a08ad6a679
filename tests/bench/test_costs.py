"""What Taskhook costs: the document's table is the script's, and the script counts every part."""

import json

import pytest

from bench import costs
from bench.footprint import FOOTPRINT
from tools import plan

COUNTED = json.loads(FOOTPRINT.read_text())
PRICES = json.loads(plan.PRICES.read_text())["prices"]


def test_the_table_of_the_document_is_what_the_script_computes():
    document = costs.DOCUMENT.read_text()

    assert costs.written(document) == document
    assert costs.table() in document


def test_everything_that_has_a_price_is_used_and_everything_used_has_one():
    both = [costs.used(1000, COUNTED, on_arm=on_arm) for on_arm in (False, True)]
    names = {name for used in both for amounts in used.values() for name in amounts}

    assert names == PRICES.keys()


@pytest.mark.parametrize("price", PRICES.values(), ids=PRICES)
def test_every_price_says_where_it_was_seen(price):
    assert price.keys() == {"usd", "per", "unit", "source", "of", "confirmed"}
    assert price["source"]


def test_a_million_tasks_by_hand():
    part = {"cpu_ms": 512 / 1.769, "store_calls": 2, "read_units": 1, "write_units": 2}
    nothing = dict.fromkeys(part, 0)
    names = ("add_alone", "dispatch_alone", "retry", "sweep", "sweep_idle")
    counted = {
        "parts": dict.fromkeys(names, nothing)
        | {"add_alone": part, "dispatch_alone": nothing | {"cpu_ms": 1024 / 1.769}},
        "stored_bytes": {"tasks": 1000, "events": 1000, "deliveries": 1000},
    }

    used = costs.used(1_000_000, counted)

    assert used["API Gateway"] == {"api_requests": 1_000_000}
    assert used["DynamoDB, requests"] == {"write_units": 2_000_000, "read_units": 1_000_000}
    assert used["DynamoDB, storage and backup"] == {"table_gb_months": 5, "backup_gb_months": 5}
    # An add computes for 1 s of half a GB's core and waits for 10 ms, dispatch for 1 s of a GB's
    # and waits for 100; so does each of 30,000 retries, with half a GB.
    assert used["Lambda"]["lambda_gb_seconds"] == pytest.approx(
        0.5 * (1_010_000 + 3_000) + 1_100_000
    )


def test_on_arm_the_same_seconds_have_another_price_and_nothing_else_has():
    x86, arm = (costs.costs(1_000_000, COUNTED, PRICES, on_arm=on_arm) for on_arm in (False, True))

    differing = {part for part in x86 if x86[part] != arm[part]}

    assert differing == {"Lambda"}
    assert arm["Lambda"] < x86["Lambda"]
