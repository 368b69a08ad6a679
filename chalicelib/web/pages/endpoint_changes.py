"""What the forms on an endpoint's page do."""

from chalice.app import Response

from chalicelib.domain.delivery_states import Status
from chalicelib.domain.errors import Refused
from chalicelib.services.deliveries import pinging
from chalicelib.services.endpoints import endpoints
from chalicelib.web.pages import endpoint_details, endpoint_form, endpoint_preview, presenting
from chalicelib.web.pages.confirming import ask, is_sure
from chalicelib.web.pages.endpoint_words import waiting_words
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.pages.rendering import redirect, render


def change(request: PageRequest, endpoint_id: str) -> Response:
    """Do what the button of a form says."""
    name = presenting.decoded(endpoint_id)
    if showing := _SHOWING.get(request.get("do")):
        return showing(request, endpoint_id)
    match request.get("do"):
        case "save":
            endpoint_form.save(request, name)
        case "enable" | "disable" as verb:
            endpoints.set_active(name, is_active=verb == "enable")
        case "rotate" if not is_sure(request):
            loss = "The old secret also signs for 24 hours."
            return ask(request, "Rotate the secret?", loss, "Rotate")
        case "rotate":
            endpoints.rotate_secret(name)
            return redirect(request, f"/endpoints/{endpoint_id}", show="secret", done="saved")
        case "remove" if not is_sure(request):
            loss = f"Its secret is removed too, and {waiting_words(name)}."
            return ask(request, f"Remove the endpoint {name}?", loss)
        case "remove":
            endpoints.remove_endpoint(name)
            return redirect(request, "/settings", done="removed")
        case other:
            raise Refused({"do": f"takes no {other!r}"})
    return redirect(request, f"/endpoints/{endpoint_id}", done="saved")


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
