"""PynamoDB's model without the questions that it asks each attribute each time."""

from functools import cache
from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.models import Model


class PlainModel(Model):
    """A model whose rows have their values at hand."""

    def __init_subclass__(cls) -> None:
        """Put a `_Direct` in the place of each attribute that converts nothing."""
        super().__init_subclass__()
        for name, attribute in list(vars(cls).items()):
            if isinstance(attribute, Attribute) and not _converts(attribute):
                setattr(cls, name, _Direct(name, attribute))

    def _set_defaults(self, *_: bool, **__: bool) -> None:
        """Give a new row its defaults, without a call for each attribute."""
        plain, made = _defaults_of(type(self))
        self.attribute_values.update(plain)
        for name, make in made:
            setattr(self, name, make())

    def _set_attributes(self, **attributes: Any) -> None:
        """Set these attributes, without a call for each."""
        if unknown := attributes.keys() - self.get_attributes().keys():
            raise ValueError(f"{type(self).__name__} has no attribute {min(unknown)}")
        for name in _converting(type(self)) & attributes.keys():
            setattr(self, name, attributes.pop(name))
        self.attribute_values.update(attributes)


class _Direct:
    """Stands for an attribute in its table: a row has its value, the table the attribute.

    PynamoDB's attribute first asks whether it is of a map, which takes seven times as long.
    """

    def __init__(self, name: str, attribute: Attribute[Any]) -> None:
        self._name, self._attribute = name, attribute

    def __get__(self, row: Model | None, _: object) -> Any:
        return self._attribute if row is None else row.attribute_values.get(self._name)

    def __set__(self, row: Model, value: object) -> None:
        row.attribute_values[self._name] = value


def _converts(attribute: Attribute[Any]) -> bool:
    """Tell whether an attribute converts what it is given, as maps do."""
    return type(attribute).__set__ is not Attribute.__set__


@cache
def _converting(table: type[Model]) -> frozenset[str]:
    """Return the names of a table's attributes that convert what they are given."""
    return frozenset(name for name, one in table.get_attributes().items() if _converts(one))


@cache
def _defaults_of(table: type[Model]) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    """Return the defaults of a table's attributes: values, and functions that make one."""
    defaults = {name: one.default for name, one in table.get_attributes().items()}
    made = [(name, default) for name, default in defaults.items() if callable(default)]
    for name, _ in made:
        del defaults[name]
    return {name: value for name, value in defaults.items() if value is not None}, made
