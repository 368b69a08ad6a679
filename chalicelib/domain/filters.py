"""Filters: expressions over an event that decide whether an endpoint receives it."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from chalicelib.domain import free_fields
from chalicelib.domain.errors import ExpressionRefused
from chalicelib.domain.expressions import compile_expression
from chalicelib.domain.free_fields import Unreadable


class FilterFailure(NamedTuple):
    """The last event over which a filter failed. It was sent; the endpoint's page shows this."""

    at: int  # epoch seconds
    event_id: str
    reason: str
    digest: str  # of the filter's text, to recognise failures of an earlier filter

    def text(self) -> str:
        """Return the failure as a row keeps it."""
        return json.dumps(self._asdict(), ensure_ascii=False)


def read_filter(value: Any) -> str:
    """Return the text of a filter, which is compiled. Raises Unreadable, with the place."""
    text = free_fields.read_text(value)
    try:
        compile_expression(text)
    except ExpressionRefused as error:
        raise Unreadable(str(error)) from error
    return text


def passes(text: str, event: Mapping[str, Any]) -> bool:
    """Tell whether a filter wants an event. Raises ExpressionFailed."""
    return compile_expression(text).is_true(event)


def digest_of(text: str) -> str:
    """Return a digest that identifies a filter."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def last_failure(text: str | None, kept: str | None) -> FilterFailure | None:
    """Return the stored failure of this filter; None: there is none, or it is of another one."""
    try:
        failure = FilterFailure(**json.loads(kept or ""))
    except (ValueError, TypeError):  # none, or edited by hand
        return None
    return failure if text and failure.digest == digest_of(text) else None
