"""Pages: check a request's permissions, render a template, and answer with headers."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

from chalice.app import Blueprint, Request, Response

from chalicelib.adapters.dynamodb.store import ConditionFailed
from chalicelib.domain import accounts
from chalicelib.domain.errors import Busy, Forbidden, NotFound, Refused, RowBroken, StoreUnavailable
from chalicelib.services.tasks import undoing
from chalicelib.web import routing, session
from chalicelib.web.content_codings import BodyRefused
from chalicelib.web.pages import headers, templating
from chalicelib.web.pages.page_request import PageRequest

FIRST_STOP = "/password"
"""The page that a user with a generated first password must visit first."""


Page = Callable[..., Response]


def page(
    blueprint: Blueprint,
    path: str,
    *,
    role: str | None = accounts.USER,
    on_error: Page | None = None,
) -> Callable[[Page], Page]:
    """Register a function as a page, or as the handler of a page's form.

    Args:
        blueprint: The blueprint to register with.
        path: The path.
        role: The required role; None: no sign-in is needed.
        on_error: For a form: the page to show again, with the reasons, if the form is refused.
    """

    def register(function: Page) -> Page:
        @functools.wraps(function)
        def answer(**arguments: str) -> Response:
            return _answer(blueprint.current_request, function, role, on_error, arguments)

        methods = ["POST"] if on_error else ["GET", "HEAD"]
        blueprint.route(path, methods=methods, content_types=["*/*"], name=function.__name__)(
            answer
        )
        return function

    return register


def _answer(
    raw: Request,
    function: Page,
    role: str | None,
    on_error: Page | None,
    arguments: Mapping[str, str],
) -> Response:
    try:
        request = PageRequest(raw, session.read(raw), {})
        user, path = request.session.user, routing.path_of(raw)
        if role is not None and user is None:
            asked = _with(path, routing.query_of(raw)) if raw.method != "POST" else "/"
            return redirect(request, "/sign-in", then=asked)
        if role is not None and user is not None and user.has_first_password and path != FIRST_STOP:
            return redirect(request, FIRST_STOP)
        request = request._replace(values=_values(request))
        return _run(request, function, role, on_error, arguments)
    except Refused as refusal:
        return problem(
            request, refusal.status if isinstance(refusal, BodyRefused) else 400, str(refusal)
        )
    except (
        NotFound,
        StoreUnavailable,
    ) as error:  # NotFound: no first start yet
        return Response(
            f"Service Unavailable: {error}",
            status_code=503,
            headers={**headers.ALWAYS, "Retry-After": "1"},
        )


def _with(path: str, query: Mapping[str, object]) -> str:
    """Return a path with its query, if any."""
    from urllib.parse import urlencode  # noqa: PLC0415 -- only pages need it

    return path + ("?" + urlencode(query) if query else "")


def _values(request: PageRequest) -> dict[str, str]:
    """Return a form's fields, never the query's: links must not fill in forms.

    Raises:
        Refused: The form cannot be read.
    """
    raw = request.raw
    if raw.method == "GET":
        return {
            name: text for name, text in routing.query_of(raw).items() if name in _SAID_BY_LINKS
        }
    if request.session.user is None:
        return routing.form_of(raw, STRANGERS_FORM, STRANGERS_FIELDS)
    return routing.form_of(raw)


STRANGERS_FORM, STRANGERS_FIELDS = 64 * 1024, 100
"""The most bytes and fields of a form before sign-in."""


_SAID_BY_LINKS = {
    *("q", "part", "shown", "show", "done", "then", "days", "from", "place", "source"),
    *("panel", "undo", "new"),
    *("endpoint", "status", "event", "task", "since", "until", "after", "sent", "skipped", "total"),
}


def _run(
    request: PageRequest,
    function: Page,
    role: str | None,
    on_error: Page | None,
    arguments: Mapping[str, str],
) -> Response:
    if role is not None and not request.caller.is_at_least(role):
        return problem(request, 403, "This page is for administrators.")
    if on_error and not session.is_own_form(request.session, request.get("csrf_token")):
        return problem(
            request,
            403,
            "The form has expired or is not from this site. Go back, reload and send it again.",
        )
    try:
        return _do(request, function, on_error, arguments)
    except (Forbidden, NotFound) as error:
        status = 403 if isinstance(error, Forbidden) else 404
        return problem(request, status, str(error)[:1].upper() + str(error)[1:] + ".")
    except Busy as error:
        return later(problem(request, 503, f"{error}: try again in a moment.", title="Busy"), error)
    except RowBroken as error:
        return problem(
            request, 503, f"{str(error)[:1].upper()}{str(error)[1:]}. Fix it in the table."
        )


def _do(
    request: PageRequest, function: Page, on_error: Page | None, arguments: Mapping[str, str]
) -> Response:
    try:
        return function(request, **arguments)
    except (Refused, ConditionFailed) as refusal:
        reasons = refusal.reasons if isinstance(refusal, Refused) else {"this": str(refusal)}
        return (
            on_error(request, **arguments, errors=reasons)
            if on_error
            else problem(request, 400, str(refusal))
        )


def problem(request: PageRequest, status: int, reason: str, *, title: str = "") -> Response:
    """Return an error page, titled by its status unless a title is given."""
    return render(request, "problem.html", status=status, reason=reason, title=title)


def later(answer: Response, error: Busy) -> Response:
    """Add Retry-After to an answer."""
    answer.headers["Retry-After"] = str(error.wait)
    return answer


def render(
    request: PageRequest,
    template: str,
    *,
    status: int | None = None,
    errors: Mapping[str, str] | None = None,
    **shown: Any,
) -> Response:
    """Return a page with its cookie; the status defaults to 400 with errors, else 200."""
    status = status or (400 if errors else 200)
    user, first = request.session.user, request.raw.path.split("/")[1]
    is_administrator = user is not None and request.caller.is_at_least(accounts.ADMINISTRATOR)
    context = {
        "request": request,
        "status": status,
        "root": request.root,
        "path": routing.path_of(request.raw),
        "user": user,
        "is_administrator": is_administrator,
        "csrf": _hidden(request.session.form_token()),
        "here": _HERE.get(first, f"/{first}"),
        "errors": errors or {},
        **_said_before(request),
        **shown,
    }
    body = templating.environment().get_template(template).render(context)
    known = headers.of(request.raw, request.session, request.device_cookie)
    return Response(body, status_code=status, headers=known)


def _said_before(request: PageRequest) -> dict[str, Any]:
    """Return what the form before this page has done, and whether it may be undone."""
    if request.raw.method != "GET" or request.get("part"):
        return {"notice": None, "undoable": None}
    user = request.session.user
    undoable = undoing.find(request.get("undo"), int(user.id)) if user else None
    return {"notice": NOTICES.get(request.get("done")), "undoable": undoable}


def _hidden(token: str) -> str:
    from markupsafe import Markup  # noqa: PLC0415 -- only pages need it

    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(token)


_HERE = {"tasks": "/boards", "endpoints": "/settings", "requests": "/deliveries"}
"""The menu entry of pages without one of their own."""

NOTICES = {
    "saved": "Saved.",
    "added": "Added.",
    "removed": "Removed.",
    "arrived": "Sent again, and delivered.",
    "sent": "Sent again. The last attempt below says what came of it.",
    "queued": "It is sent again in its turn: its endpoint has a pace.",
    "behind": ("It is sent again once the earlier events of its task are delivered or given up."),
    "undone": "Undone.",
    "resent": "Sent again, through the current mapping.",
    "revoked": "Revoked.",
    "reset": "The old token no longer works.",
    "password": "Password changed.",
    "out": "Signed out on every device.",
}
"""The notices after a successful form."""


def redirect(request: PageRequest, path: str, **query: object) -> Response:
    """Redirect to a page, or to an element on it (`/page#place`)."""
    path, mark, place = path.partition("#")
    known = headers.of(request.raw, request.session, request.device_cookie)
    return Response(
        "",
        status_code=303,
        headers={**known, "Location": request.root + _with(path, query) + mark + place},
    )
