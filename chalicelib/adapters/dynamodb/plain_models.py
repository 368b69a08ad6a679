"""PynamoDB's model without the questions that it asks each attribute each time."""

from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any, NamedTuple

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

    def __init__(self, hash_key: Any = None, range_key: Any = None, **given: Any) -> None:
        """Give a row its defaults and these values, in a third of PynamoDB's time.

        Raises:
            ValueError: There is no such attribute.
        """
        for name, key in ((self._hash_keyname, hash_key), (self._range_keyname, range_key)):
            if key is not None:
                given[str(name)] = key
        kept = _kept_by(type(self))
        if not given.keys() <= kept.names:
            unknown = min(given.keys() - kept.names)
            raise ValueError(f"{type(self).__name__} has no attribute {unknown}")
        self.attribute_values = {}
        self._set_defaults()
        for name in kept.converting & given.keys():
            setattr(self, name, given.pop(name))
        self.attribute_values.update(given)

    def _set_defaults(self, *_: bool, **__: bool) -> None:
        """Give a new row its defaults, without a call for each attribute."""
        kept = _kept_by(type(self))
        self.attribute_values.update(kept.defaults)
        for name, make in kept.made:
            setattr(self, name, make())


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


class _Kept(NamedTuple):
    """What a table's rows hold."""

    names: frozenset[str]
    converting: frozenset[str]  # the attributes that convert what they are given
    defaults: Mapping[str, Any]
    made: Collection[tuple[str, Callable[[], Any]]]  # the defaults that each row has its own of


@cache
def _kept_by(table: type[Model]) -> _Kept:
    attributes = table.get_attributes()
    defaults = {name: one.default for name, one in attributes.items() if one.default is not None}
    made = [(name, default) for name, default in defaults.items() if callable(default)]
    for name, _ in made:
        del defaults[name]
    converting = frozenset(name for name, one in attributes.items() if _converts(one))
    return _Kept(frozenset(attributes), converting, defaults, made)
