"""JSON Schemas (https://json-schema.org/draft/2020-12) of annotations, and of values."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from chalicelib.domain.tasks import LARGEST_ID

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
ID: Schema = {"type": "integer", "minimum": 0, "maximum": LARGEST_ID}
BLANK: Schema = {"type": "string", "pattern": r"^\s*$"}
"""An optional parameter that counts as absent."""

_SIMPLE: dict[Any, Schema] = {
    int: {"type": "integer"},
    float: {"type": "number"},
    str: TEXT,
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
}
_TAKEN: dict[Any, Schema] = _SIMPLE | {
    int: {"anyOf": [ID, {"type": "string", "pattern": r"^[0-9]+$"}]},
    str: {"type": ["string", "number"]},
    bool: {"enum": [True, False, 0, 1]},
}
"""What parameters take: numbers may be written as text and the other way round, as in Kanboard."""


def of_parameter(parameter: inspect.Parameter) -> Schema:
    """Return the schema of what an API parameter takes; an optional one takes null too."""
    taken = _of_type(parameter.annotation, _TAKEN)
    if parameter.default is inspect.Parameter.empty:
        return taken
    schema = one_of([*taken.get("anyOf", [taken]), {"type": "null"}])
    return schema if parameter.default is None else {**schema, "default": parameter.default}


def of_result(annotation: Any, otherwise: object) -> Schema:
    """Return the schema of what a procedure returns, its answer to a refusal included.

    Of `Annotated[Any, value]` that is the value; of `Annotated[X, type]` it is the type.
    """
    if get_origin(annotation) is not Annotated:
        returned = _of_type(annotation, _SIMPLE)
    elif annotation.__origin__ is Any:
        returned = {"const": annotation.__metadata__[0]}
    else:
        returned = _of_type(annotation.__metadata__[0], _SIMPLE)
    return one_of([returned, {"const": otherwise}])


def _of_type(kind: Any, simple: Mapping[Any, Schema]) -> Schema:
    origin, parts = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        return one_of(_of_type(part, simple) for part in parts)
    if origin is list:
        items = TEXT if parts[0] is str else _of_type(parts[0], simple)
        return {"type": "array", "items": items}
    if origin is dict:
        values = _of_type(parts[1], _SIMPLE)
        return {"type": "object"} | ({"additionalProperties": values} if values else {})
    return simple.get(kind, {})


def one_of(schemas: Iterable[Schema]) -> Schema:
    """Return the schema of what fits any of these."""
    different = []
    for schema in schemas:
        if schema not in different:
            different.append(schema)
    return different[0] if len(different) == 1 else {"anyOf": different}


def of_values(values: Sequence[Any]) -> Schema:
    """Return the schema of what all these values are examples of.

    A key is required if each object has it; nothing forbids further ones.
    """
    kinds = {
        kind: [one for one in values if _kind_of(one) == kind] for kind in map(_kind_of, values)
    }
    return one_of(_of_kind(kind, its_values) for kind, its_values in kinds.items())


def _kind_of(value: Any) -> str:
    for kind, types in _KINDS.items():
        if isinstance(value, types):
            return kind
    return "null"


_KINDS: dict[str, Any] = {
    "boolean": bool,
    "integer": int,
    "number": float,
    "string": str,
    "array": (list, tuple),
    "object": dict,
}


def _of_kind(kind: str, values: Sequence[Any]) -> Schema:
    if kind == "array":
        items = [item for value in values for item in value]
        return {"type": kind, "items": of_values(items)} if items else {"type": kind}
    if kind == "object":
        return _of_objects(values)
    return {"type": kind}


def _of_objects(values: Sequence[dict[str, Any]]) -> Schema:
    names = dict.fromkeys(name for value in values for name in value)
    properties = {
        name: of_values([value[name] for value in values if name in value]) for name in names
    }
    required = [name for name in names if all(name in value for value in values)]
    return {"type": "object", "properties": properties, "required": required}
