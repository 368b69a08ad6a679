"""What other tools send in: `POST /in/ID`."""

from chalice.app import Blueprint, Response

blueprint = Blueprint(__name__)


@blueprint.route("/in/{source_id}", methods=["POST", "PUT", "OPTIONS"], content_types=["*/*"])
def receive(source_id: str) -> Response:
    """Carry out what a source's sender has sent."""
    from chalicelib.web.inbound import answer  # noqa: PLC0415 -- adding a task has no need of it

    return answer(blueprint.current_request, source_id)
