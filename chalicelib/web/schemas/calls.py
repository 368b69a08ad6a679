"""OpenAPI of the JSON-RPC API, read from the registry of its procedures."""

import inspect

from chalicelib.web.bodies import JSON
from chalicelib.web.jsonrpc import PROCEDURES
from chalicelib.web.jsonrpc.base import Procedure
from chalicelib.web.jsonrpc.rpc import LARGEST_BATCH
from chalicelib.web.schemas.answers import answer, fields
from chalicelib.web.schemas.types import TEXT, Schema, of_parameter, of_result, one_of

_ID: Schema = {"type": ["string", "number", "null"]}
_VERSION: Schema = {"const": "2.0"}


def components() -> dict[str, Schema]:
    """Return the schemas: the call and the result of each procedure, and what encloses them."""
    shown: dict[str, Schema] = {}
    for name, procedure in PROCEDURES.items():
        shown[f"{name}.call"] = _call(procedure)
        shown[f"{name}.result"] = _result(procedure)
    shown["Call"] = {
        "oneOf": [{"$ref": f"#/components/schemas/{name}.call"} for name in PROCEDURES],
        "discriminator": {
            "propertyName": "method",
            "mapping": {name: f"#/components/schemas/{name}.call" for name in PROCEDURES},
        },
    }
    error = fields(code={"type": "integer"}, message=TEXT)
    shown["Answer"] = {
        "oneOf": [
            fields(jsonrpc=_VERSION, id=_ID, result={}),
            fields(jsonrpc=_VERSION, id=_ID, error=error),
        ]
    }
    return shown


def _call(procedure: Procedure) -> Schema:
    required = _required(procedure)
    return {
        "type": "object",
        "description": inspect.getdoc(procedure.function),
        "properties": {
            "jsonrpc": _VERSION,
            "method": {"const": procedure.name},
            "params": _params(procedure),
            "id": _ID,
        },
        "required": ["jsonrpc", "method", *(["params"] if required else [])],
        "x-role": procedure.may,
        "x-result": {"$ref": f"#/components/schemas/{procedure.name}.result"},
    }


def _required(procedure: Procedure) -> list[str]:
    parameters = procedure.parameters
    return [name for name, one in parameters.items() if one.default is inspect.Parameter.empty]


def _params(procedure: Procedure) -> Schema:
    """Return the schema of the parameters, by name or by place."""
    required = _required(procedure)
    types = {name: of_parameter(one) for name, one in procedure.parameters.items()}
    by_name = {"type": "object", "properties": types, "required": required}
    by_place: Schema = {"type": "array", "minItems": len(required), "maxItems": len(types)}
    if types:
        by_place["prefixItems"] = list(types.values())
    return one_of([by_name, by_place])


def _result(procedure: Procedure) -> Schema:
    returned = inspect.signature(procedure.function).return_annotation
    return of_result(returned, procedure.otherwise)


def path(operation: str) -> Schema:
    """Return the path item of the API; `operation` is its operation's id."""
    call: Schema = {"$ref": "#/components/schemas/Call"}
    calls = {"type": "array", "items": call, "minItems": 1, "maxItems": LARGEST_BATCH}
    says = {
        "operationId": operation,
        "summary": "Call Kanboard's JSON-RPC API",
        "description": "Without `id` a call is a notification.",
        "tags": ["api"],
        "security": [{"api": []}],
        "requestBody": {"required": True, "content": {JSON: {"schema": one_of([call, calls])}}},
        "responses": _answers(),
    }
    return {"post": says}


def _answers() -> Schema:
    one: Schema = {"$ref": "#/components/schemas/Answer"}
    answered = one_of([one, {"type": "array", "items": one}])
    refused, why, ignored = {JSON: one}, "X-Failure-Reason", "X-Ignored-Parameters"
    wrong = answer("The credentials are wrong.", refused, ("WWW-Authenticate",), "Retry-After")
    return {
        "200": answer("Answered.", {JSON: answered}, (), why, ignored),
        "204": answer("There were only notifications.", {}, (), why, ignored),
        "401": wrong,
        "403": answer("The caller may not.", refused, (), ignored),
        "413": answer("The body is too large.", refused),
        "415": answer("The body's encoding is not read.", refused),
        "503": answer("Too many passwords at once.", refused, ("Retry-After",)),
    }
