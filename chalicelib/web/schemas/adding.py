"""OpenAPI of the URL that adds a task, read from `web.add_task` and the rules of tasks."""

from chalicelib.domain.tasks import COLORS, DEFAULT_COLOR, LONGEST_TITLE
from chalicelib.web import add_task
from chalicelib.web.bodies import FORM, JSON, MULTIPART
from chalicelib.web.schemas.answers import ERROR, answer, fields, said, shared
from chalicelib.web.schemas.types import BLANK, ID, TEXT, Schema, one_of

_TITLE: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_TITLE, "pattern": r"\S"}
_COLOR: Schema = {"enum": list(COLORS)}
_WRITTEN: Schema = {"type": "string", "pattern": r"^0*[0-9]{1,16}$"}

_SAYS = {
    "title": "The title; required, in the URL or the body.",
    "description": "Any text.",
    "color_id": f"Default: {DEFAULT_COLOR}.",
    "project_id": "An active project. Default: the one with the lowest id.",
    "column_id": "A column of the project. Default: its first.",
    "owner_id": "An active user. Default: nobody.",
    "category_id": "A category of the project. Default: none.",
}
"""What each parameter of `add_task.PARAMETERS` means."""

KEY: Schema = {"type": "string", "maxLength": 255}


def _in_url(name: str) -> Schema:
    """Return the schema of a parameter in the query; blank counts as absent but for the title."""
    if name == "title":
        return _TITLE
    if name == "description":
        return TEXT
    return one_of([ID if name.endswith("_id") and name != "color_id" else _COLOR, BLANK])


def _in_body(name: str, kind: str) -> Schema:
    """Return the schema of a parameter in a body; JSON has numbers and null too."""
    schema = _in_url(name)
    if kind != JSON:
        return schema
    if name == "title":
        return one_of([schema, {"type": "number"}])
    if name == "description":
        return {"type": ["string", "number", "null"]}
    more = [_WRITTEN, {"type": "null"}] if name != "color_id" else [{"type": "null"}]
    return one_of([*schema["anyOf"], *more])


def _query(name: str, schema: Schema, says: str, *, is_required: bool = False) -> Schema:
    return {
        "name": name,
        "in": "query",
        "required": is_required,
        "description": says,
        "schema": schema,
    }


def _parameters(*, is_get: bool) -> list[Schema]:
    controllers, actions = zip(*sorted(add_task.ADD_TASK), strict=True)
    spelled = "In any case; `webhook` goes with `task`, `task` with `add`. A body may have it too."
    shown = [
        _query("controller", {"enum": list(controllers)}, spelled, is_required=True),
        _query("action", {"enum": list(actions)}, spelled, is_required=True),
    ]
    shown += [
        _query(name, _in_url(name), _SAYS.get(name, ""), is_required=is_get and name == "title")
        for name in add_task.PARAMETERS
    ]
    repeats = "A request with a key that was used within 24 hours adds nothing."
    header = {**_query("Idempotency-Key", KEY, repeats), "in": "header"}
    return [*shown, _query("idempotency_key", KEY, repeats), header]


def _body() -> Schema:
    """Return the request body of a POST; what the URL gives wins."""
    content = {}
    for kind in (JSON, FORM, MULTIPART):
        names = {name: _in_body(name, kind) for name in add_task.PARAMETERS}
        properties = {"token": TEXT, **names, "idempotency_key": KEY}
        content[kind] = {"schema": {"type": "object", "properties": properties}}
    return {"description": "The parameters, if the URL lacks them.", "content": content}


def _answers() -> Schema:
    errors: Schema = {"type": "object", "additionalProperties": TEXT}
    failed = fields(errors=errors)
    why, ignored = "X-Failure-Reason", "X-Ignored-Parameters"
    return {
        "200": answer(
            "The task is stored.",
            said("OK", fields(task_id={"type": "integer"})),
            ("X-Task-Id",),
            *("Idempotent-Replayed", ignored),
        ),
        "303": {"description": "One of Kanboard's links to a page."},
        "400": answer("Refused: nothing is stored.", said("FAILED", failed), (why,), ignored),
        "401": shared("NotAuthorized"),
        "404": {"description": "Neither adds a task nor is a page."},
        "413": answer("The body is too large.", said("FAILED", failed), (why,)),
        "415": answer("The body's encoding is not read.", said("FAILED", failed), (why,)),
        "422": answer("The key was used for another task.", said("FAILED", failed), (why,)),
        "503": answer(
            "The store cannot be reached, or this is a browser's prefetch.",
            said("FAILED", ERROR),
            (),
            *("Retry-After", why),
        ),
    }


def path(operation: str) -> Schema:
    """Return the path item of the URL; `operation` makes its operations' ids unique."""
    security: list[Schema] = [{"webhookTokenInUrl": []}, {"webhookToken": []}]
    shown: Schema = {}
    for method in ("GET", "POST"):
        says = {
            "operationId": f"{operation}By{method.title()}",
            "summary": "Add a task",
            "tags": ["tasks"],
            "security": security,
            "parameters": _parameters(is_get=method == "GET"),
            "responses": _answers(),
        }
        shown[method.lower()] = says | ({"requestBody": _body()} if method == "POST" else {})
    return shown
