"""Adding a task by URL."""

from urllib.parse import quote

from chalice.app import Blueprint, Request, Response

from chalicelib.adapters import metrics
from chalicelib.domain.errors import NotFound, Refused, StoreUnavailable
from chalicelib.domain.values import is_blank
from chalicelib.services import board, settings
from chalicelib.web import routing

blueprint = Blueprint(__name__)

ADD_TASK = {("task", "add"), ("webhook", "task")}
"""Controller and action: the seed document's spelling, and Kanboard's later one."""

PARAMETERS = ("title", "description", "color_id", "project_id", "column_id", "owner_id", "category_id")
"""What a new task may be given here."""

READ = {"body", "idempotency_key", *PARAMETERS}
"""The names that count; all others are ignored, whatever they hold, and the answer names them."""

_LONGEST_HEADER = 1000

BOARDS = {"board", "calendar", "listing"}
"""The controllers of Kanboard's links to a project; here there is one view of it."""


@blueprint.route("/", methods=["GET", "HEAD", "POST"], content_types=["*/*"])
def root() -> Response:
    """Add a task."""
    return _call(blueprint.current_request)


@blueprint.route("/index.php", methods=["GET", "HEAD", "POST"], content_types=["*/*"])
def index_php() -> Response:
    """Add a task at the address that Kanboard's callers use."""
    return _call(blueprint.current_request)


def _call(request: Request) -> Response:
    try:
        return _add_task(request)
    except Refused as refusal:
        metrics.count("RefusedForInput")
        answer = routing.refused(request, Refused(refusal.reasons | routing.unread_body(request)))
        answer.headers |= _ignored(routing.parameters_of(request))
        return answer
    except (NotFound, StoreUnavailable) as error:  # NotFound: deployed, but not started yet
        metrics.count("RefusedForStore")
        return routing.unavailable(request, error)


def _add_task(request: Request) -> Response:
    asked = routing.parameters_of(request)
    parameters, faults = asked
    if (parameters.get("controller", "").lower(), parameters.get("action", "").lower()) not in ADD_TASK:
        if (page := _page_of(request, parameters)) is not None:
            return Response("", status_code=303, headers={"Location": routing.stage(request) + page})
        text = "Not Found: a task is added at ?controller=task&action=add&title=..., the pages begin at /boards"
        return routing.answer(request, 404, text, {"error": "Not Found"})
    if request.method == "HEAD":  # what looks at a link before it is followed adds nothing
        told = {"error": "Method Not Allowed"}
        return routing.answer(request, 405, "Method Not Allowed", told, {"Allow": "GET, POST"})
    if not settings.is_webhook_token(_token(request, parameters)):
        metrics.count("RefusedForToken")
        return routing.answer(request, 401, "Not Authorized", {"error": "Not Authorized"})
    if told := {name: reason for name, reason in faults.items() if name in READ}:
        raise Refused(told)
    key = _first_given(request.headers.get("idempotency-key"), parameters.get("idempotency_key"))
    given = {name: parameters[name] for name in PARAMETERS if name in parameters}
    task_id, is_repeat = board.create_once(given, key)
    headers = {"X-Task-Id": str(task_id)} | ({"Idempotent-Replayed": "true"} if is_repeat else {})
    return routing.answer(request, 200, "OK", {"task_id": task_id}, headers | _ignored(asked))


def _ignored(asked: routing.Parameters) -> dict[str, str]:
    """Return the header that names the parameters which count for nothing; encoded, for they may hold anything."""
    names = [name for name in (asked.values | asked.faults) if name not in {"controller", "action", "token", *READ}]
    named = ", ".join(quote(name, safe="[]") for name in names)[:_LONGEST_HEADER]
    return {"X-Ignored-Parameters": named} if named else {}


def _page_of(request: Request, parameters: dict[str, str]) -> str | None:
    """Return the page that a link of Kanboard's means, as its API gives them; to a browser alone "/" is the board."""
    controller, task, project = (parameters.get(name, "") for name in ("controller", "task_id", "project_id"))
    if request.method == "POST" or "token" in parameters:
        return None
    if not controller and "text/html" in request.headers.get("accept", ""):
        return "/boards"
    if controller == "task" and task.isascii() and task.isdigit():
        return f"/tasks/{task}"
    return f"/boards/{project}" if controller in BOARDS and project.isascii() and project.isdigit() else None


def _token(request: Request, parameters: dict[str, str]) -> str:
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    return _first_given(parameters.get("token"), bearer.strip() if scheme.lower() == "bearer" else None) or ""


def _first_given(*texts: str | None) -> str | None:
    return next((text for text in texts if text is not None and not is_blank(text)), None)
