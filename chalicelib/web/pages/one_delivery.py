"""The page of one delivery: its state and why, its attempts, what was sent and what came back."""

from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.adapters.dynamodb.tables import BODY_NOT_KEPT, Delivery, Endpoint
from chalicelib.domain import events
from chalicelib.domain.accounts import ADMINISTRATOR
from chalicelib.domain.delivery_states import Status
from chalicelib.domain.errors import DeliveryError, NotFound
from chalicelib.services.deliveries import delivery_details, delivery_log
from chalicelib.services.endpoints import endpoints
from chalicelib.web.pages import curl, presenting, state_words, waterfall
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.pages.rendering import page, redirect, render

blueprint = Blueprint(__name__)


@page(blueprint, "/deliveries/{delivery_id}", role=ADMINISTRATOR)
def delivery_page(
    request: PageRequest, delivery_id: str, errors: dict[str, str] | None = None
) -> Response:
    """Show one delivery: its state and why, each attempt, and the request."""
    row = delivery_log.find_delivery(presenting.decoded(delivery_id))
    endpoint = _endpoint_of(row)
    attempts = _attempts(row)
    return render(
        request,
        "delivery.html",
        errors=errors,
        delivery=presenting.delivery(row) | state_words.of_delivery(row, endpoint),
        attempts=attempts,
        last=attempts[-1] if attempts else None,
        endpoint=endpoint,
        host=presenting.short_name(endpoint) if endpoint else row.endpoint_id,
        is_remade=row.packed_event is not None,
        may_send=endpoint is not None and endpoint.is_active and row.event_type != events.PING,
        **_waits(row, endpoint),
        **_sent(request, row, endpoint),
    )


def _endpoint_of(row: Delivery) -> Endpoint | None:
    try:
        return endpoints.find_endpoint(row.endpoint_id).endpoint
    except NotFound:
        return None


def _attempts(row: Delivery) -> list[dict[str, Any]]:
    made = delivery_details.attempts_of(row)
    return waterfall.drawn(made, is_secure=str(row.url).startswith("https:"))


def _waits(row: Delivery, endpoint: Endpoint | None) -> dict[str, Any]:
    """Return what a delivery waits for, and its state in a sentence or two."""
    behind, probe = delivery_log.waits_behind(row), None
    if endpoint is not None and delivery_log.is_held(row, endpoint):
        probe = state_words.probe(endpoint)
    return {
        "behind": behind,
        "probe": probe,
        "diagnosis": _diagnosis(row, is_due_at_its_time=probe is None and behind is None),
    }


def _diagnosis(row: Delivery, *, is_due_at_its_time: bool) -> str:
    """Explain the state of a delivery in a sentence or two."""
    tries = int(row.tries)
    times = "one attempt" if tries == 1 else f"{tries} attempts"
    last = f"Last result: {presenting.reason(row)}." if tries else ""
    match row.status:
        case Status.DELIVERED.value:
            return f"It took {times}."
        case Status.PENDING.value if delivery_log.is_sent_again(row):
            return f"Attempts so far: {tries}."
        case Status.PENDING.value if row.due_at is not None:
            begun = f"Not delivered after {times}." if tries else "No attempts yet."
            due = f"The next attempt is due at {presenting.moment(row.due_at)} UTC."
            return " ".join(filter(None, (begun, last, due if is_due_at_its_time else "")))
        case Status.FAILED.value:
            return f"Given up after {times}. {last}" if tries else f"Not sent: {row.outcome}."
        case _:
            return f"{str(row.outcome).capitalize()}: a later change of the task covers it."


def _sent(request: PageRequest, row: Delivery, endpoint: Endpoint | None) -> dict[str, Any]:
    """Return the request as it was sent last, and as a command; its secrets only on request."""
    post = delivery_details.request_of(row, endpoint)
    body = delivery_details.text_of(row)
    has_body = body != BODY_NOT_KEPT
    command, fault = curl.command(*post, body) if post and has_body else "", ""
    shows_secrets = request.get("show") == "curl" and endpoint is not None
    if shows_secrets and endpoint is not None:
        try:
            command = curl.command(*delivery_details.whole_request_of(row, endpoint))
        except DeliveryError as error:
            command, fault = "", str(error)
    return {
        "post": post,
        "has_body": has_body,
        "curl": command,
        "curl_fault": fault,
        "shows_secrets": shows_secrets,
        "may_show": endpoint is not None and bool(command),
    }


@page(blueprint, "/deliveries/{delivery_id}", role=ADMINISTRATOR, on_error=delivery_page)
def send_again(request: PageRequest, delivery_id: str) -> Response:
    """Send a delivery again, and show what came of it."""
    # The threads of retries are loaded for this button alone.
    from chalicelib.services.deliveries import sending_now  # noqa: PLC0415

    sent = sending_now.send_now(presenting.decoded(delivery_id))
    return redirect(request, f"/deliveries/{delivery_id}", done=_done(sent))


def _done(sent: Delivery) -> str:
    """Return which notice says what came of sending again."""
    if delivery_log.waits_behind(sent):
        return "behind"
    if delivery_log.is_sent_again(sent):
        return "queued"
    return "arrived" if sent.status == Status.DELIVERED.value else "sent"
