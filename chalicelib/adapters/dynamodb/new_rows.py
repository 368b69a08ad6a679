"""What a new row begins with, looked up once for each table: PynamoDB asks each attribute."""

from functools import cache
from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.models import Model


@cache
def converting(table: type[Model]) -> frozenset[str]:
    """Return the names of the attributes that convert what they are given, such as maps."""
    attributes = table.get_attributes().items()
    return frozenset(name for name, one in attributes if type(one).__set__ is not Attribute.__set__)


@cache
def defaults_of(table: type[Model]) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    """Return the defaults of a table's attributes: values, and functions that make one."""
    defaults = {name: one.default for name, one in table.get_attributes().items()}
    made = [(name, default) for name, default in defaults.items() if callable(default)]
    for name, _ in made:
        del defaults[name]
    return {name: value for name, value in defaults.items() if value is not None}, made
