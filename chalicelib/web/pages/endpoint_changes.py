"""What the forms on an endpoint's page do."""

from chalice.app import Response

from chalicelib.domain.delivery_states import Status
from chalicelib.domain.errors import Refused
from chalicelib.services.deliveries import delivery_log, pinging
from chalicelib.services.endpoints import endpoints
from chalicelib.web.pages import endpoint_details, endpoint_form, endpoint_preview, presenting
from chalicelib.web.pages.confirming import ask, is_sure
from chalicelib.web.pages.endpoint_words import button_for, waiting_words
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.pages.rendering import redirect, render


def change(request: PageRequest, endpoint_id: str) -> Response:
    """Do what the button of a form says."""
    name = presenting.decoded(endpoint_id)
    if showing := _SHOWING.get(request.get("do")):
        return showing(request, endpoint_id)
    if not is_sure(request) and (question := _question(request.get("do"), name)):
        return ask(request, *question)
    match request.get("do"):
        case "save":
            endpoint_form.save(request, name)
        case "enable" | "disable" as verb:
            endpoints.set_active(name, is_active=verb == "enable")
        case "rotate":
            endpoints.rotate_secret(name)
            return redirect(request, f"/endpoints/{endpoint_id}", show="secret", done="saved")
        case "remove":
            endpoints.remove_endpoint(name)
            return redirect(request, "/settings", done="removed")
        case other:
            raise Refused({"do": f"takes no {other!r}"})
    return redirect(request, f"/endpoints/{endpoint_id}", done="saved")


def _question(do: str, name: str) -> tuple[str, str, str] | None:
    """Return what is asked first: the question, what is lost, and the words of the button."""
    waiting = waiting_words(name)
    match do:
        case "rotate":
            return "Rotate the secret?", "The old secret also signs for 24 hours.", "Rotate"
        case "remove":
            loss = f"Its secret is removed too, and {waiting}."
            return f"Remove the endpoint {name}?", loss, button_for("Remove", [name])
        case "disable" if delivery_log.count_waiting(name):
            loss = f"Nothing is sent to it any more, and {waiting}."
            return f"Disable the endpoint {name}?", loss, button_for("Disable", [name])
    return None


def _test(request: PageRequest, endpoint_id: str) -> Response:
    """Send a test and show what came of it; a success half-opens the circuit breaker."""
    tested = pinging.ping(presenting.decoded(endpoint_id))
    is_resumed = request.get("do") == "resume" and tested.status == Status.DELIVERED.value
    return endpoint_details.show(request, endpoint_id, tested=tested, is_resumed=is_resumed)


def _preview(request: PageRequest, endpoint_id: str) -> Response:
    """Show the page with what was typed, or of it what the receiver gets."""
    if request.get("part") != "preview":
        return endpoint_details.show(request, endpoint_id)
    endpoint = endpoints.find_endpoint(presenting.decoded(endpoint_id)).endpoint
    made = endpoint_preview.beside(request, endpoint)["preview"]
    return render(request, "endpoint_preview.html", preview=made)


_SHOWING = {"test": _test, "resume": _test, "preview": _preview}
"""What shows the page, by the button."""
