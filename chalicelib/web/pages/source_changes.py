"""What the forms on a source's page do."""

from typing import Any

from chalice.app import Response

from chalicelib.domain.errors import Refused
from chalicelib.domain.sources import MAPPING, Source
from chalicelib.services import repeats
from chalicelib.services.sources import payload_log, sources
from chalicelib.web.pages import (
    editing,
    presenting,
    source_details,
    source_mapping,
    source_preview,
)
from chalicelib.web.pages.confirming import ask, is_sure
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.pages.rendering import NOTICES, redirect, render


def change(request: PageRequest, source_id: str) -> Response:
    """Do what the button of a form says."""
    name, path, verb = presenting.decoded(source_id), f"/sources/{source_id}", request.get("do")
    if verb in _LEADING:
        return _LEADING[verb](request, source_id)
    if verb in _QUESTIONS and not is_sure(request):
        question, loss, button = _QUESTIONS[verb]
        return ask(request, question, loss, button)
    match verb:
        case "remove":
            sources.remove_source(name)
            return redirect(request, "/sources", done="removed")
        case "preset":
            sources.change_source(name, dict.fromkeys(MAPPING, ""))
            path += "#mapping"
        case "save-settings":
            _save_settings(request, name)
        case "enable" | "disable":
            sources.change_source(name, {"is_active": verb == "enable"})
        case other:
            raise Refused({"do": f"takes no {other!r}"})
    return redirect(request, path, done="saved")


_QUESTIONS = {
    "preset": (
        "Go back to the preset?",
        "What was changed in the mapping of this source is lost.",
        "Go back",
    ),
    "remove": (
        "Remove this source?",
        "Its sender is answered 401 from then on. The tasks stay as they are.",
        "Remove",
    ),
}


def _known(name: str) -> Source:
    """Return a source whose fields can be read. Raises NotFound, Refused."""
    listed = sources.find_source(name)
    if listed.source is None:
        raise Refused({"source": listed.broken or ""})
    return listed.source


def _try(request: PageRequest, source_id: str) -> Response:
    """Show the page with what was typed, or of it what the mapping makes of the payload."""
    if request.get("part") != "preview":
        return source_details.show(request, source_id)
    source = _known(presenting.decoded(source_id))
    texts, payload = source_preview.typed(request, source), source_preview.tried(request, source)
    made = source_preview.preview(source, texts, payload)
    return render(request, "source_preview.html", preview=made)


def _save_mapping(request: PageRequest, source_id: str) -> Response:
    """Save what differs, and show the page with the payload that was tried."""
    name = presenting.decoded(source_id)
    source = _known(name)
    now = source_mapping.texts_of(source)
    changes = editing.changed(request, now)
    editing.refuse_overtaken(request, changes, now)
    sources.change_source(name, source_mapping.fields_of(source, now | changes))
    if source_preview.is_pasted(request, source):
        return source_details.show(request, source_id, mapping_notice=NOTICES["saved"])
    tried = {"from": request.get("from")}
    return redirect(request, f"/sources/{source_id}#mapping", done="saved", **tried)


def _save_settings(request: PageRequest, name: str) -> None:
    source = _known(name)
    now = source_details.settings_of(source)
    changes: dict[str, Any] = editing.changed(request, now)
    editing.refuse_overtaken(request, changes, now)
    if "origins" in changes:
        lines = (line.strip() for line in changes["origins"].splitlines())
        changes["origins"] = [line for line in lines if line]
    if changes.get("verify") == source_details.preset_of(source).verify:
        changes["verify"] = ""
    sources.change_source(name, changes)


def _rotate(request: PageRequest, source_id: str) -> Response:
    """Give the source a new secret, once however often the form comes."""
    name, given = presenting.decoded(source_id), request.get("secret")
    source = _known(name)
    is_new = request.get("was") == source_details.digest_of(source.secret)
    if is_new and not given and source.secret and not is_sure(request):
        return ask(
            request, "Rotate the secret?", "The old one is valid for another 24 hours.", "Rotate"
        )
    if is_new:
        sources.rotate_secret(name, given or None)
    return redirect(request, f"/sources/{source_id}#connect", show="secret", done="saved")


def _send_failed(request: PageRequest, source_id: str) -> Response:
    if not repeats.is_first(request.form_key):
        return redirect(request, f"/sources/{source_id}#payloads")
    sent = payload_log.send_failed_again(presenting.decoded(source_id))
    numbers = {"sent": sent.payloads, "skipped": len(sent.refused), "total": sent.left}
    return redirect(request, f"/sources/{source_id}#payloads", **numbers)


_LEADING = {
    "try": _try,
    "load": _try,
    "save-mapping": _save_mapping,
    "rotate": _rotate,
    "send-failed": _send_failed,
}
"""What leads to a page of its own, by the button."""
