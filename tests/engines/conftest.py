"""Each engine is started once for its tests."""

from collections.abc import Iterator

import pytest

from tests.support.engine import Engine, running


@pytest.fixture(scope="package")
def engine(request, tmp_path_factory) -> Iterator[Engine]:
    """The engine that `on` names."""
    with running(request.param, tmp_path_factory.mktemp(request.param)) as started:
        yield started
