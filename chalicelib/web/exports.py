"""What other programs read about this Taskhook: its metrics, and its description as a schema."""

import json
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.web import routing
from chalicelib.web.bearers import answer_to_api_token

blueprint = Blueprint(__name__)


@blueprint.route("/metrics", methods=["GET", "HEAD"])
def metrics() -> Response:
    """Return the figures of every endpoint as Prometheus reads them."""

    def respond() -> Response:
        from chalicelib.web import exposition  # noqa: PLC0415 -- 30 ms, which only scrapes need

        return exposition.response()

    return answer_to_api_token(blueprint.current_request, respond)


@blueprint.route("/openapi.json", methods=["GET", "HEAD"])
def openapi_json() -> Response:
    """Return what can be called, as OpenAPI 3.1."""

    def respond() -> Response:
        from chalicelib.web.schemas import openapi  # noqa: PLC0415 -- rarely read

        return _as_json(openapi.document(routing.base_url(blueprint.current_request)))

    return answer_to_api_token(blueprint.current_request, respond, or_user=True)


@blueprint.route("/asyncapi.json", methods=["GET", "HEAD"])
def asyncapi_json() -> Response:
    """Return what endpoints receive, as AsyncAPI 3."""

    def respond() -> Response:
        from chalicelib.web.schemas import asyncapi  # noqa: PLC0415 -- rarely read

        return _as_json(asyncapi.document())

    return answer_to_api_token(blueprint.current_request, respond, or_user=True)


def _as_json(document: dict[str, Any]) -> Response:
    return Response(json.dumps(document), headers={"Content-Type": "application/json"})
