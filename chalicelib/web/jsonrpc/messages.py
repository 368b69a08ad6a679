"""JSON-RPC 2.0 messages: checks of calls, and answers."""

import logging
import math
import traceback
from collections.abc import Mapping
from typing import Any

from chalice.app import Response

from chalicelib.adapters import log
from chalicelib.config import CONFIG
from chalicelib.web.jsonrpc.shapes.values import Written, written

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND = -32700, -32600, -32601
INVALID_PARAMS, INTERNAL_ERROR = -32602, -32603
TOO_LARGE, NOT_MADE = -32000, -32001
FORBIDDEN = 403
"""Error codes: JSON-RPC's, our own, and Kanboard's."""

Answer = dict[str, Any]


def size_of(body: str) -> int:
    """Return an answer's bytes as Lambda counts them: JSON escapes quotes and backslashes."""
    return len(body) + body.count('"') + body.count("\\")


def _is_too_large(body: str) -> bool:
    # Escapes at most double a body: those of a short one are not worth counting.
    return 2 * len(body) > CONFIG.largest_answer and size_of(body) > CONFIG.largest_answer


def dump(answer: Answer) -> str:
    """Return an answer as JSON without spaces."""
    result = answer.get("result")
    if isinstance(result, Written):
        head = f'{{"jsonrpc":"2.0","id":{written(answer["id"])},"result":'
        return "".join((head, *result.pieces, "}"))
    return written(answer)


def fault_of(called: Any) -> str | None:
    """Return the error of a request object, or None."""
    if not isinstance(called, dict):
        return "a call takes an object"
    if called.get("jsonrpc") != "2.0":
        return 'jsonrpc takes "2.0"'
    if not isinstance(called.get("method"), str):
        return "method takes a text"
    if not isinstance(called.get("params"), (dict, list, type(None))):
        return "params takes an array or an object"
    return None if is_id(called.get("id")) else "id takes a text, a number or null"


def is_id(value: Any) -> bool:
    """Tell whether a call may have this id: a text, a finite number or null."""
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or (isinstance(value, (str, int)) and not isinstance(value, bool))


def failure_of(call_id: Any, name: str, error: Exception) -> Answer:
    """Log an unexpected error, and return an answer without details."""
    where = traceback.format_tb(error.__traceback__)
    log.event("rpc_failed", logging.ERROR, method=name, error=type(error).__name__, traceback=where)
    return error_of(call_id, INTERNAL_ERROR, "Internal error")


def error_of(call_id: Any, code: int, message: str) -> Answer:
    """Return an error object."""
    return {"jsonrpc": "2.0", "id": call_id, "error": {"code": code, "message": message}}


def response_of(
    status: int, answer: Answer | list[str], headers: Mapping[str, str] | None = None
) -> Response:
    """Return the HTTP body of an answer, or of a batch's answers that are JSON already.

    An answer that is too large for Lambda becomes an error.
    """
    body = f"[{','.join(answer)}]" if isinstance(answer, list) else dump(answer)
    if isinstance(answer, dict) and _is_too_large(body):
        message = (
            "The answer is larger than Lambda's 6 MB: "
            'request it in pages, with the named parameters "limit" and "offset"'
        )
        body = dump(error_of(answer["id"], TOO_LARGE, message))
    return Response(
        body=body,
        status_code=status,
        headers={"Content-Type": "application/json", **(headers or {})},
    )
