"""The optional fields of an endpoint.

The row, the API, the command line and the endpoint's page take them from `FIELDS`. A new field
needs an entry there and an attribute of the same name in `tables.endpoints`.
"""

import json
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, NamedTuple

from chalicelib.domain import filters, free_fields, own_headers, signature
from chalicelib.domain.errors import ExpressionRefused, Refused
from chalicelib.domain.free_fields import Unreadable
from chalicelib.domain.values import is_blank

LONGEST_NAME = 200
"""Characters of a name."""

MAX_DELAYS, LONGEST_DELAY = 20, 86_400
"""The most retries of an endpoint, and the most seconds before each."""


class Kind(str, Enum):
    """The kind of a field's value, which the API, the command line and the page go by."""

    TEXT = "text"  # in one line
    CODE = "code"  # an expression, or another text of several lines
    FLAG = "flag"
    NUMBER = "number"
    NUMBERS = "numbers"
    JSON = "json"  # an object, which may also be given as JSON in a text


class Field(NamedTuple):
    """One field: how it is read and checked, and how it is shown."""

    kind: Kind
    read: Callable[[Any], Any]
    """Takes a plain value, as freely as `free_fields` does; raises Unreadable."""
    label: str
    says: str
    """What it does and takes, for the form and the command line; begins in lower case."""
    fault: Callable[[Mapping[str, Any]], str] = lambda _: ""
    """Takes all values of the endpoint by name; returns a conflict of this field with others, or
    ""."""
    is_secret: bool = False
    """Whether its value is hidden in lists, answers and pages."""
    choices: tuple[tuple[str, str], ...] = ()
    """The values that the form offers, each with its label."""


def _read_name(value: Any) -> str:
    text = free_fields.read_text(value).strip()
    if len(text) > LONGEST_NAME or not text.isprintable():
        raise Unreadable(f"takes one line of up to {LONGEST_NAME} characters")
    return text


def _read_template(value: Any) -> Any:
    """Return a body's template: JSON, an object or a list as JSON in a text, or another text."""
    from chalicelib.domain.templates import compile_template  # noqa: PLC0415 -- few endpoints have one

    template = free_fields.read_json(value)
    try:
        compile_template(template)
    except ExpressionRefused as error:
        raise Unreadable(str(error)) from error
    return template


def _template_fault(values: Mapping[str, Any]) -> str:
    if values.get("format") != "custom":
        return "is for format custom alone"
    template, content_type = values["template"], own_headers.content_type_of(values.get("headers"))
    if not isinstance(template, str) or not own_headers.is_json(content_type):
        return ""
    from chalicelib.domain.templates import json_fault  # noqa: PLC0415 -- few endpoints have one

    return json_fault(template)


def _number(least: float, most: float) -> Callable[[Any], float]:
    def read(value: Any) -> float:
        number = free_fields.read_number(value)
        if not least <= number <= most:
            raise Unreadable(f"takes {least:g} to {most:,}")
        return number

    return read


def _read_delays(value: Any) -> list[float]:
    delays = free_fields.read_numbers(value)
    if len(delays) > MAX_DELAYS or not all(1 <= delay <= LONGEST_DELAY for delay in delays):
        raise Unreadable(f"takes up to {MAX_DELAYS} numbers of 1 to {LONGEST_DELAY:,}")
    return delays


def _read_signing(value: Any) -> str:
    if value in signature.SCHEMES:
        return str(value)
    raise Unreadable(f"takes one of {', '.join(signature.SCHEMES)}")


FIELDS: dict[str, Field] = {
    "name": Field(Kind.TEXT, _read_name, "Name", "shown in place of the URL"),
    "filter": Field(
        Kind.CODE,
        filters.read_filter,
        "Filter",
        "an expression over the event, such as project.name == 'Website': "
        "only what makes it true is sent",
    ),
    "template": Field(
        Kind.JSON,
        _read_template,
        "Template",
        "the body of format custom: JSON with {{ EXPRESSION }} in its texts, over the event",
        _template_fault,
    ),
    "send_token": Field(
        Kind.FLAG,
        free_fields.read_flag,
        "Send the token",
        "whether the webhook token is added to the URL; by default with Kanboard's formats alone",
    ),
    "headers": Field(
        Kind.JSON,
        own_headers.read_headers,
        "Headers",
        'more headers, such as {"Authorization": "Bearer abc"}; texts may hold {{ expressions }}',
        own_headers.fault_of,
        is_secret=True,
    ),
    "signing": Field(
        Kind.TEXT,
        _read_signing,
        "Signature",
        "v1, by a secret (HMAC; the default), or v1a, by a key pair (ed25519)",
        choices=(("", "v1: by a secret (HMAC)"), ("v1a", "v1a: by a key pair (ed25519)")),
    ),
    "per_second": Field(
        Kind.NUMBER,
        _number(0.01, 1000),
        "Attempts per second",
        "0.01 to 1,000: the most attempts a second, spread evenly; what is over waits",
    ),
    "timeout": Field(
        Kind.NUMBER,
        _number(0.1, 10),
        "Timeout",
        "seconds of an attempt, 0.1 to 10; above 1 the queue makes all of them",
    ),
    "retry_delays": Field(
        Kind.NUMBERS,
        _read_delays,
        "Retry delays",
        f"seconds from each failure to the next attempt: up to {MAX_DELAYS} numbers of 1 to"
        f" {LONGEST_DELAY}; [] for one attempt",
    ),
}
"""All of them, in the order in which they are listed."""

HIDDEN = "[secret]"
"""Shown in place of a secret value."""


def read_given(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the given values of fields; a blank text removes a field (None).

    Raises:
        Refused: With a reason for each field that cannot be used.
    """
    values: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    for name, value in given.items():
        field = FIELDS.get(name)
        if field is None:
            reasons[name] = "is no field of an endpoint"
            continue
        try:
            values[name] = _read(field, value)
        except Unreadable as error:
            reasons[name] = str(error)
    if reasons:
        raise Refused(reasons)
    return values


def _read(field: Field, value: Any) -> Any:
    if value is None or (isinstance(value, str) and is_blank(value)):
        return None
    try:
        meant = field.read(value)
        json.dumps(meant, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:  # half of a surrogate pair, which cannot be stored
        raise Unreadable("must be valid UTF-8") from error
    except RecursionError as error:
        raise Unreadable("has too many levels") from error
    return meant


def fault_of(values: Mapping[str, Any]) -> str:
    """Return the first fault of an endpoint's fields as `field: reason`, "" for none."""
    for name, field in FIELDS.items():
        if values.get(name) is not None and (reason := field.fault(values)):
            return f"{name}: {reason}"
    return ""


def shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return every field with its value as lists and answers show it: null if it is absent."""
    return {name: _shown(field, values.get(name)) for name, field in FIELDS.items()}


def _shown(field: Field, value: Any) -> Any:
    if not field.is_secret or value is None:
        return value
    return dict.fromkeys(value, HIDDEN) if isinstance(value, dict) else HIDDEN


def typed(name: str, text: str) -> Any:
    """Return the text that a person typed for a field, in the form that `read_given` takes.

    Numbers may be separated by commas.
    """
    if FIELDS[name].kind is not Kind.NUMBERS or is_blank(text) or text.lstrip().startswith("["):
        return text
    return text.split(",")


def text_of(name: str, values: Mapping[str, Any]) -> str:
    """Return a field's value as a form shows it for editing, "" if it is absent or secret."""
    field, value = FIELDS[name], values.get(name)
    if value is None or field.is_secret:
        return ""
    if field.kind is Kind.JSON and not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, indent=2)
    if field.kind is Kind.NUMBERS:
        return ", ".join(f"{number:g}" for number in value) or "[]"
    return json.dumps(value) if isinstance(value, (bool, int, float)) else str(value)
