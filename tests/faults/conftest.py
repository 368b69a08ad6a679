"""What all tests of faults are given."""

import logging

import pytest


@pytest.fixture
def caplog(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Keep whatever is logged at LOG_LEVEL's default."""
    caplog.set_level(logging.INFO, "chalicelib")
    return caplog
