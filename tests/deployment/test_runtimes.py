"""Until when AWS takes the packaged runtime, and that an expired one is refused."""

import json
from datetime import date, timedelta
from importlib.resources import files

import pytest

from tests.deployment.conftest import ONE_WORKER
from tools import package
from tools.runtimes import LIFETIMES, RuntimeRefused, lifetime_words, own_runtime

DAY = timedelta(days=1)


@pytest.mark.parametrize("runtime", LIFETIMES)
def test_the_dates_are_those_of_awss_own_linter(runtime):
    theirs = json.loads(
        (files("cfnlint.data.AdditionalSpecs") / "LmbdRuntimeLifecycle.json").read_text()
    )

    told = [theirs[runtime][name] for name in ("deprecated", "create-block", "update-block")]

    assert [day.isoformat() for day in LIFETIMES[runtime]] == told


def test_a_runtime_says_how_long_it_lasts():
    ends = LIFETIMES["python3.12"]

    told = [
        lifetime_words("python3.12", day)
        for day in (ends.no_updates - DAY, ends.no_updates, ends.no_new)
    ]

    assert told == [
        "python3.12: AWS updates it until 2028-10-31",
        (
            "python3.12: no security updates since 2028-10-31; AWS takes it for a new stack until "
            "2028-11-30"
        ),
        "python3.12: AWS takes it for a stack that is there until 2029-01-10, and for no new one",
    ]


@pytest.mark.parametrize(
    ("runtime", "today", "because"),
    [
        ("python3.10", date(2027, 3, 3), "AWS Lambda has not taken python3.10 since 2027-03-03"),
        (
            "python3.15",
            date(2026, 1, 1),
            "AWS Lambda has no runtime python3.15 that this release knows",
        ),
    ],
)
def test_a_runtime_that_aws_does_not_take_is_refused(runtime, today, because):
    with pytest.raises(RuntimeRefused) as told:
        lifetime_words(runtime, today)

    cure = "remove .venv, and package with Python 3.12 to 3.14 (make package PYTHON=python3.14)"
    assert str(told.value) == f"{because}: {cure}"


def test_nothing_is_packaged_for_a_runtime_that_aws_does_not_take(tmp_path, monkeypatch):
    monkeypatch.setitem(
        LIFETIMES, own_runtime(), LIFETIMES[own_runtime()]._replace(no_changes=date(2000, 1, 1))
    )
    monkeypatch.setattr("sys.argv", ["package", "--out", str(tmp_path / "out")])

    with pytest.raises(
        SystemExit, match=f"package: AWS Lambda has not taken {own_runtime()} since 2000-01-01: "
    ):
        package.main()

    assert not (tmp_path / "out").exists()


@ONE_WORKER
def test_the_runtime_is_the_one_that_the_template_names(resources):
    assert resources["APIHandler"]["Properties"]["Runtime"] == own_runtime()
