"""Writes of whole rows. Attributes are asked once for each table; PynamoDB asks them each time."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from pynamodb.attributes import Attribute, UnicodeAttribute
from pynamodb.constants import NUMBER
from pynamodb.exceptions import AttributeNullError
from pynamodb.expressions.condition import Condition
from pynamodb.models import Model


class _Kept(NamedTuple):
    """How the values of an attribute are kept."""

    name: str
    kept_as: str
    kind: str
    is_optional: bool
    default: Any
    plain: type | None  # values of exactly this type are kept as texts, as they are
    serialize: Callable[[Any], Any]


@cache
def _all_kept(table: type[Model]) -> list[_Kept]:
    return [_kept(name, one) for name, one in table.get_attributes().items()]


def _kept(name: str, one: Attribute[Any]) -> _Kept:
    plain: type | None = None
    if one.attr_type == NUMBER:
        plain = int  # True is no number
    elif type(one).serialize is UnicodeAttribute.serialize:
        plain = str
    return _Kept(
        name, one.attr_name, one.attr_type, bool(one.null), one.default, plain, one.serialize
    )


def item_of(row: Model) -> dict[str, dict[str, Any]]:
    """Return a row as the store holds it, without optional attributes that have their defaults.

    Raises:
        AttributeNullError: A required attribute has no value.
    """
    item, values = {}, row.attribute_values
    for name, kept_as, kind, is_optional, default, plain, serialize in _all_kept(type(row)):
        value = content = values.get(name)
        if is_optional and (value is None or value == default):
            continue
        if type(value) is plain:
            content = str(value)
        elif value is not None:
            content = serialize(value)
        if content is not None:
            item[kept_as] = {kind: content}
        elif not is_optional:
            raise AttributeNullError(name)
    return item


def put_of(row: Model, condition: Condition | None, returning: str | None) -> dict[str, Any]:
    """Return the write of a whole row, alone or in a transaction.

    Args:
        row: The row.
        condition: What must be so.
        returning: `ALL_OLD` for the row that is there where it is not.
    """
    put: dict[str, Any] = {"TableName": row.Meta.table_name, "Item": item_of(row)}
    if condition is not None:
        names: dict[str, str] = {}
        values: dict[str, Any] = {}
        put["ConditionExpression"] = condition.serialize(names, values)
        if names:
            put["ExpressionAttributeNames"] = {short: name for name, short in names.items()}
        if values:
            put["ExpressionAttributeValues"] = values
    if returning:
        put["ReturnValuesOnConditionCheckFailure"] = returning
    return put


class Stated(Condition):
    """A condition in the store's own words, which PynamoDB need not put together each time."""

    def __init__(self, text: str, values: Mapping[str, Any] | None = None) -> None:
        """Keep it.

        Args:
            text: The expression, with names that are no words of DynamoDB's.
            values: The values as the store holds them, by what stands for them in the text.
        """
        super().__init__("")
        self._text, self._values = text, values or {}

    def serialize(self, placeholder_names: Any, expression_attribute_values: Any) -> str:  # noqa: ARG002 -- as PynamoDB calls it
        """Return the expression, and add its values."""
        expression_attribute_values.update(self._values)
        return self._text


@cache
def is_new(key: str) -> Condition:
    """Return the condition that no row has this key, by the name of its hash key."""
    return Stated(f"attribute_not_exists({key})")
