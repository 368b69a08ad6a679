"""The last of these files; the files before it, in one run with it, are the scenario."""

import pytest

from chalicelib.web.jsonrpc import PROCEDURES

pytestmark = pytest.mark.xdist_group("clients")


def test_every_procedure_has_been_called(called):
    assert set(PROCEDURES) - called == set()
