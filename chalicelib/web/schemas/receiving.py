"""OpenAPI of the URL at which a source's sender posts."""

from chalicelib.domain.payloads import CHANGED, CLOSED, CREATED, FAILED, IGNORED
from chalicelib.services.sources.outcomes import Outcome, answer_of
from chalicelib.web.bodies import JSON
from chalicelib.web.schemas.answers import ERROR, answer
from chalicelib.web.schemas.types import TEXT, Schema, of_values

_EACH = (CREATED, CHANGED, CLOSED, IGNORED, FAILED)
_OUTCOMES = [answer_of(Outcome("", name, task_id=1, reason="because") for name in _EACH)]
"""An answer with one item of each outcome."""


def _answers() -> Schema:
    outcome = {JSON: of_values(_OUTCOMES)}
    error, why = {JSON: ERROR}, ("X-Failure-Reason",)
    later = (*why, "Retry-After")
    return {
        "200": answer("Carried out.", outcome, (), *("Idempotent-Replayed", "X-Failure-Reason")),
        "202": answer("Kept, but every item failed.", outcome, why),
        "303": {"description": "A browser's form goes on to `redirect_to`."},
        "400": answer("The payload cannot be read.", error, why),
        "401": answer("An unknown source, or a wrong proof.", error, why),
        "403": answer("The source is disabled, or takes nothing from this origin.", error, why),
        "409": answer("The same payload is under way.", error, later),
        "413": answer("The body is too large.", error, why),
        "415": answer("The body's encoding is not read.", error, why),
        "503": answer("The source is broken, or the store is away.", error, later),
    }


def path() -> Schema:
    """Return the path item of `/in/{source_id}`."""
    source = {"name": "source_id", "in": "path", "required": True, "schema": TEXT}
    shown: Schema = {"parameters": [source]}
    for method in ("post", "put"):
        shown[method] = {
            "operationId": f"receivePayloadBy{method.title()}",
            "summary": "Send a payload to a source",
            "description": (
                "How it proves itself is a setting of the source: a token, or a signature in the "
                f"sender's own header. Items that cannot be mapped are `{FAILED}`."
            ),
            "tags": ["sources"],
            "security": [{"sourceTokenInUrl": []}, {"sourceToken": []}, {}],
            "requestBody": {"content": {JSON: {"schema": {}}, "*/*": {"schema": {}}}},
            "responses": _answers(),
        }
    return shown
