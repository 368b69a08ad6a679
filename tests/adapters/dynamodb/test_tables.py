"""The package of the tables, which imports each of them when it is asked for."""

import pytest

from chalicelib.adapters.dynamodb import tables


def test_every_name_that_the_package_lists_is_in_a_module():
    missing = [name for name in tables.__all__ if not hasattr(tables, name)]

    assert missing == []


def test_a_name_that_no_module_has_is_refused():
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = tables.Nothing
