"""Adding a task by URL."""

from collections.abc import Mapping

from chalice.app import Blueprint, Request, Response

from chalicelib.adapters import metrics
from chalicelib.domain.errors import KeyUsed, NotFound, Refused, StoreUnavailable
from chalicelib.domain.values import is_blank
from chalicelib.services.accounts import settings
from chalicelib.services.tasks import lifecycle
from chalicelib.web import bearers, bodies, routing
from chalicelib.web.content_codings import BodyRefused
from chalicelib.web.routing import Parameters

blueprint = Blueprint(__name__)

ADD_TASK = {("task", "add"), ("webhook", "task")}
"""Controller and action: the seed document's spelling, and Kanboard's later one."""

PARAMETERS = (
    "title",
    "description",
    "color_id",
    "project_id",
    "column_id",
    "owner_id",
    "category_id",
)
"""The fields that this request can set."""

READ = {"idempotency_key", *PARAMETERS}
"""The parameters that are read; all others are ignored and named in the answer."""

BOARDS = {"board", "calendar", "listing"}
"""The controllers in Kanboard's links to a project; Taskhook has one view of it."""


@blueprint.route("/", methods=["GET", "HEAD", "POST"], content_types=["*/*"])
def root() -> Response:
    """Add a task."""
    return _call(blueprint.current_request)


@blueprint.route("/index.php", methods=["GET", "HEAD", "POST"], content_types=["*/*"])
def index_php() -> Response:
    """Add a task at the path that Kanboard's callers use."""
    return _call(blueprint.current_request)


def _call(request: Request) -> Response:
    answer = _answer_or_refuse(request)
    if answer.status_code >= 400:
        from chalicelib.web import refusals  # noqa: PLC0415 -- adding a task has no need of it

        refusals.keep_add(request, answer)
    return answer


def _answer_or_refuse(request: Request) -> Response:
    try:
        return _answer(request)
    except (NotFound, StoreUnavailable) as error:  # NotFound: no first start yet
        metrics.count("RefusedForStore")
        return routing.unavailable(request, error)
    except Refused as refusal:  # always about the body
        metrics.count("RefusedForInput")
        return routing.refused(
            request, refusal, refusal.status if isinstance(refusal, BodyRefused) else 400
        )


def _answer(request: Request) -> Response:
    query = routing.query_of(request)
    is_all_said = not any(is_blank(query.get(name, "")) for name in ("controller", "action"))
    if not _is_adding(query) and (is_all_said or not _has_body(request)):
        return _elsewhere(request, query)
    if request.method == "HEAD":  # link checkers must not add tasks
        told = {"error": "Method Not Allowed"}
        return routing.answer(request, 405, "Method Not Allowed", told, {"Allow": "GET, POST"})
    asked = _asked(request, query)
    if asked is None:
        metrics.count("RefusedForToken")
        return bearers.not_authorized(request)
    return (
        _add_task(request, asked) if _is_adding(asked.values) else _elsewhere(request, asked.values)
    )


def _add_task(request: Request, asked: Parameters) -> Response:
    if _is_prefetch(request):
        why = "a prefetch adds nothing"
        return routing.answer(request, 503, "FAILED", {"error": why}, {"X-Failure-Reason": why})
    # Prepare the whole answer except the task's id first: nothing may fail after the write.
    ignored = _ignored(asked)
    try:
        task_id, is_repeat = _create(request, asked)
    except Refused as refusal:
        metrics.count("RefusedForInput")
        status = 422 if isinstance(refusal, KeyUsed) else 400
        answer = routing.refused(request, Refused(refusal.reasons | asked.unread), status)
        answer.headers |= ignored
        return answer
    headers = {"X-Task-Id": str(task_id)} | ({"Idempotent-Replayed": "true"} if is_repeat else {})
    return routing.answer(request, 200, "OK", {"task_id": task_id}, headers | ignored)


def _has_body(request: Request) -> bool:
    return request.method == "POST" and bodies.is_sent(request)


def _is_adding(parameters: Mapping[str, str]) -> bool:
    return (
        parameters.get("controller", "").lower(),
        parameters.get("action", "").lower(),
    ) in ADD_TASK


def _asked(request: Request, query: Mapping[str, str]) -> Parameters | None:
    """Return the parameters, or None without the token.

    A body is searched only if neither the URL nor a header has a token, and parsed only if the
    token is valid.
    """
    in_query = _first_given(query.get("token"))
    given = _first_given(in_query, bearers.bearer_of(request))
    if given and settings.is_webhook_token(given):
        return routing.parameters_of(request)
    if in_query or not _has_body(request):
        return None
    from chalicelib.web import tokens  # noqa: PLC0415 -- its patterns cost a cold start 1 ms

    body = bodies.beginning(request)
    candidates = tokens.candidates(body)
    if not settings.is_webhook_token(*candidates):
        if body.is_cut and not candidates:
            raise BodyRefused(
                413, "has no token in its first 256 KB: send it in the URL or a header"
            )
        return None
    asked = routing.parameters_of(request)
    return asked if settings.is_webhook_token(asked.values.get("token", "")) else None


def _first_given(*texts: str | None) -> str | None:
    return next((text for text in texts if text is not None and not is_blank(text)), None)


def _is_prefetch(request: Request) -> bool:
    """Tell whether this is a browser's prefetch (https://wicg.github.io/nav-speculation/prefetch.html)."""
    purposes = (request.headers.get(name, "") for name in ("sec-purpose", "purpose"))
    return any(purpose.strip().lower().startswith("prefetch") for purpose in purposes)


def _create(request: Request, asked: Parameters) -> lifecycle.Created:
    faults = {name: reason for name, reason in asked.faults.items() if name in READ}
    if "x-taskhook-event" in request.headers:
        faults["X-Taskhook-Event"] = "an endpoint of Taskhook adds no tasks: that would never end"
    if faults:
        raise Refused(faults)
    key = _first_given(
        routing.header_of(request, "idempotency-key"), asked.values.get("idempotency_key")
    )
    given = {name: asked.values[name] for name in PARAMETERS if name in asked.values}
    return lifecycle.create_once(given, key)


def _ignored(asked: Parameters) -> dict[str, str]:
    names = [
        name
        for name in (asked.values | asked.faults)
        if name not in {"controller", "action", "token", *READ}
    ]
    return routing.ignored_parameters([*names, *asked.unread])


def _elsewhere(request: Request, parameters: Mapping[str, str]) -> Response:
    if (page := _page_of(request, parameters)) is not None:
        return Response("", status_code=303, headers={"Location": routing.stage(request) + page})
    text = (
        "Not Found: a task is added at ?controller=task&action=add&title=..., the pages begin at "
        "/boards"
    )
    return routing.answer(request, 404, text, {"error": "Not Found"})


def _page_of(request: Request, parameters: Mapping[str, str]) -> str | None:
    """Return the page for one of Kanboard's links; for browsers "/" is the board."""
    controller, task, project = (
        parameters.get(name, "") for name in ("controller", "task_id", "project_id")
    )
    if request.method == "POST" or "token" in parameters:
        return None
    if not controller and "text/html" in request.headers.get("accept", ""):
        return "/boards"
    if controller == "task" and task.isascii() and task.isdigit():
        return f"/tasks/{task}"
    return (
        f"/boards/{project}"
        if controller in BOARDS and project.isascii() and project.isdigit()
        else None
    )
