"""AWS's support periods of Python runtimes: by Chalice's rule, the packaging Python is the runtime.

The dates are from the table "Supported runtimes" of AWS Lambda's developer guide, page "Lambda
runtimes" (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html), here as AWS's
cfn-lint 1.58.0 carries them, looked up on 2026-11-30. AWS has only postponed them so far.
"""

import sys
from datetime import date
from typing import NamedTuple

NEWEST = "3.12 to 3.14"
"""The Python for new deployments."""


class Lifetime(NamedTuple):
    """The dates of the steps by which AWS ends its support of a runtime."""

    no_updates: date  # security updates end: AWS's "deprecation date"
    no_new: date  # no new functions
    no_changes: date  # no updates of existing functions


LIFETIMES = {
    "python3.10": Lifetime(date(2026, 10, 31), date(2027, 2, 1), date(2027, 3, 3)),
    "python3.11": Lifetime(date(2027, 6, 30), date(2027, 7, 31), date(2027, 8, 31)),
    "python3.12": Lifetime(date(2028, 10, 31), date(2028, 11, 30), date(2029, 1, 10)),
    "python3.13": Lifetime(date(2029, 6, 30), date(2029, 7, 31), date(2029, 8, 31)),
    "python3.14": Lifetime(date(2029, 6, 30), date(2029, 7, 31), date(2029, 8, 31)),
}


class RuntimeRefused(Exception):
    """AWS does not accept a runtime; the message says what to do."""


def own_runtime() -> str:
    """Return the runtime that Chalice chooses: the running Python."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def lifetime_words(runtime: str, today: date) -> str:
    """Return until when AWS takes a runtime, in a sentence.

    Raises:
        RuntimeRefused: It takes it no longer, or has never had it.
    """
    another = f"remove .venv, and package with Python {NEWEST} (make package PYTHON=python3.14)"
    lifetime = LIFETIMES.get(runtime)
    if lifetime is None:
        raise RuntimeRefused(
            f"AWS Lambda has no runtime {runtime} that this release knows: {another}"
        )
    if today >= lifetime.no_changes:
        raise RuntimeRefused(
            f"AWS Lambda has not taken {runtime} since {lifetime.no_changes}: {another}"
        )
    if today >= lifetime.no_new:
        return (
            f"{runtime}: AWS takes it for a stack that is there until {lifetime.no_changes}, and "
            f"for no new one"
        )
    if today >= lifetime.no_updates:
        since = f"no security updates since {lifetime.no_updates}"
        return f"{runtime}: {since}; AWS takes it for a new stack until {lifetime.no_new}"
    return f"{runtime}: AWS updates it until {lifetime.no_updates}"
