"""The ranges that a query's values cover: `5`, `>=5` or `2..5`."""

import re
from collections.abc import Callable
from math import inf

Span = tuple[float, float]
"""The range of a value: its start, and its end, which is not part of it."""
_COMPARED = re.compile(r"(?P<how>[<>]=?)?(?P<value>.*)", re.DOTALL)


def bounds_of(value: str, span: Callable[[str], Span]) -> Span:
    """Return the range of `5`, `>=5` or `2..5`; `span` returns the range of a single value."""
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
