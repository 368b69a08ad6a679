"""The exit codes of the command line; `docs/command-line.md` lists them."""

from chalicelib.domain.errors import (
    ConfigError,
    ExpressionRefused,
    NotFound,
    Refused,
    RowBroken,
    RowRefused,
    StoreUnavailable,
)

FAILED = 1
"""Something was tried and failed, such as a test of an endpoint."""

BAD_INPUT = 2
"""What was given cannot be used, or names what there is not."""

NOT_REACHABLE = 3
"""The store does not answer, its credentials do not hold, or no local run is there."""

INTERRUPTED = 130
"""Ctrl-C, as shells have it."""

_BAD_INPUT = (Refused, NotFound, ExpressionRefused, ConfigError)


def code_of(error: Exception) -> int:
    """Return the exit code of an error."""
    if isinstance(error, _BAD_INPUT):
        return BAD_INPUT
    is_about_a_row = isinstance(error, (RowBroken, RowRefused))
    return NOT_REACHABLE if isinstance(error, StoreUnavailable) and not is_about_a_row else FAILED
