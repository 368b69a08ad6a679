"""What other programs read about this Taskhook: `GET /metrics`."""

from chalice.app import Blueprint, Response

from chalicelib.web.bearers import answer_to_api_token

blueprint = Blueprint(__name__)


@blueprint.route("/metrics", methods=["GET"])
def metrics() -> Response:
    """Return the figures of every endpoint as Prometheus reads them."""

    def respond() -> Response:
        from chalicelib.web import exposition  # noqa: PLC0415 -- 30 ms, which only scrapes need

        return exposition.response()

    return answer_to_api_token(blueprint.current_request, respond)
