"""The OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1.html)."""

from typing import Any

from chalicelib import __version__
from chalicelib.web.bodies import JSON
from chalicelib.web.schemas import adding, answers, calls, public_keys, receiving
from chalicelib.web.schemas.types import TEXT, Schema

INFO: Schema = {
    "title": "Taskhook",
    "version": __version__,
    "license": {"name": "MIT"},
}

_SECURITY: Schema = {
    "webhookTokenInUrl": {"type": "apiKey", "in": "query", "name": "token"},
    "webhookToken": {"type": "http", "scheme": "bearer", "description": "The webhook token."},
    "sourceTokenInUrl": {"type": "apiKey", "in": "query", "name": "token"},
    "sourceToken": {"type": "http", "scheme": "bearer", "description": "The source's secret."},
    "apiToken": {"type": "http", "scheme": "bearer", "description": "The API token."},
    "api": {
        "type": "http",
        "scheme": "basic",
        "description": "`jsonrpc` and the API token, or a username and a password or API token.",
    },
}


def document(base_url: str) -> dict[str, Any]:
    """Return the document of the Taskhook at a URL."""
    return {
        "openapi": "3.1.0",
        "info": {**INFO, "description": "A URL adds a task, and configured URLs receive it."},
        "servers": [{"url": base_url}],
        "paths": {
            "/": adding.path("addTask"),
            "/index.php": adding.path("addTaskAtIndexPhp"),
            "/in/{source_id}": receiving.path(),
            "/jsonrpc.php": calls.path("callProcedure"),
            "/jsonrpc": calls.path("callProcedureAtShortPath"),
            "/keys": public_keys.path(),
            "/metrics": _exported("getMetrics", "Read Prometheus' metrics", answers.PLAIN, TEXT),
            "/openapi.json": _exported(
                "getOpenApi", "Read what can be called, as OpenAPI 3.1", JSON, _A_DOCUMENT
            ),
            "/asyncapi.json": _exported(
                "getAsyncApi", "Read what endpoints receive, as AsyncAPI 3", JSON, _A_DOCUMENT
            ),
        },
        "components": {
            "schemas": calls.components(),
            "headers": answers.HEADERS,
            "responses": answers.SHARED,
            "securitySchemes": _SECURITY,
        },
    }


_A_DOCUMENT: Schema = {"type": "object"}


def _exported(operation: str, summary: str, kind: str, schema: Schema) -> Schema:
    says = {
        "operationId": operation,
        "summary": summary,
        "tags": ["descriptions"],
        "security": [{"apiToken": []}],
        "responses": {
            "200": answers.answer("Here it is.", {kind: schema}),
            "401": answers.shared("NotAuthorized"),
            "503": answers.shared("Unavailable"),
        },
    }
    return {"get": says}
