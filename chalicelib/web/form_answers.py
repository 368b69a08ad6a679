"""Answers to forms that pages of other sites send to a source."""

from collections.abc import Mapping

from chalice.app import Request, Response

from chalicelib.domain.sources import Source
from chalicelib.services.sources.receiving import Answer
from chalicelib.web import routing
from chalicelib.web.pages import headers as page_headers
from chalicelib.web.pages import templating


def answer(
    request: Request,
    said: Answer,
    source: Source | None,
    headers: Mapping[str, str],
    reasons: list[str],
) -> Response:
    """Redirect to the source's `redirect_to` if nothing failed, else show the errors."""
    if not reasons and source is not None and source.redirect_to:
        return Response("", status_code=303, headers={**headers, "Location": source.redirect_to})
    page = templating.environment().get_template("sent.html")
    title = "The form could not be accepted" if reasons else "Thank you"
    # A name would tell a stranger which sources there are.
    name = (said.status != 401 and source and source.name) or "Taskhook"
    html = page.render(root=routing.stage(request), title=title, name=name, reasons=reasons)
    return Response(html, status_code=said.status, headers={**headers, **page_headers.ALWAYS})
