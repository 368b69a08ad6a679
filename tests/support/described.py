"""Real answers and bodies, compared with what Taskhook's schemas say of them."""

import json
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from chalicelib.web.schemas import openapi
from tests.support.http_calls import Answer

DOCUMENT = openapi.document("http://127.0.0.1:8000")


def resolved(schema: Any, document: Mapping[str, Any]) -> Any:
    """Return what a reference within a document refers to; anything else as it is."""
    while isinstance(schema, Mapping) and "$ref" in schema:
        found: Any = document
        for name in schema["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        schema = found
    return schema


def misfits(value: Any, schema: Mapping[str, Any], document: Mapping[str, Any]) -> list[str]:
    """Return in what a value differs from a schema of a document."""
    whole = {**schema, "components": document["components"]}
    errors = Draft202012Validator(whole).iter_errors(value)
    return [f"{error.json_path}: {error.message}" for error in errors]


def misfits_of_answer(answer: Answer, path: str, method: str) -> list[str]:
    """Return in what an answer differs from what the document says of its URL."""
    responses = DOCUMENT["paths"][path][method]["responses"]
    if str(answer.status) not in responses:
        return [f"the status {answer.status} is not described"]
    response = resolved(responses[str(answer.status)], DOCUMENT)
    return _misfits_of_headers(answer, response) + _misfits_of_body(answer, response)


def _misfits_of_body(answer: Answer, response: Mapping[str, Any]) -> list[str]:
    if not answer.text:
        return ["a body is described"] if "content" in response else []
    kind, value = answer.headers["Content-Type"].partition(";")[0], answer.text
    if kind not in response.get("content", {}):
        return [f"the media type {kind} is not described"]
    if kind == "application/json":
        value = json.loads(value)
    return misfits(value, response["content"][kind]["schema"], DOCUMENT)


def _misfits_of_headers(answer: Answer, response: Mapping[str, Any]) -> list[str]:
    described = response.get("headers", {})
    others = answer.headers.keys() - described - {"Content-Type"}
    faults = [f"the header {name} is not described" for name in others]
    for name, reference in described.items():
        header = resolved(reference, DOCUMENT)
        value: Any = answer.headers.get(name)
        if value is None:
            faults += [f"the header {name} is missing"] * header.get("required", False)
            continue
        if header["schema"].get("type") == "integer":
            value = int(value)
        faults += misfits(value, header["schema"], DOCUMENT)
    return faults


def closed(schema: Any) -> Any:
    """Return a schema whose objects have no other keys than it names."""
    if isinstance(schema, list):
        return list(map(closed, schema))
    if not isinstance(schema, Mapping):
        return schema
    shut = {name: closed(part) for name, part in schema.items()}
    if isinstance(shut.get("properties"), Mapping) and "required" in shut:
        shut["additionalProperties"] = False
    return shut
