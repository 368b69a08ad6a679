"""The ranges that a query's values cover: `5`, `>=5` or `2..5`."""

import re
from collections.abc import Callable
from math import inf

Span = tuple[float, float]
"""What a value covers: from here, and up to but without here."""
_COMPARED = re.compile(r"(?P<how>[<>]=?)?(?P<value>.*)", re.DOTALL)


def bounds_of(value: str, span: Callable[[str], Span]) -> Span:
    """Return what `5`, `>=5` or `2..5` covers; `span` says what one such text does."""
    first, dots, last = value.partition("..")
    if dots:
        return span(first)[0], span(last)[1]
    found = _COMPARED.fullmatch(value)
    how, text = (found["how"] or "", found["value"]) if found else ("", value)
    start, end = span(text)
    return {
        "": (start, end),
        "<": (-inf, start),
        "<=": (-inf, end),
        ">": (end, inf),
        ">=": (start, inf),
    }[how]
