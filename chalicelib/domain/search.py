"""Kanboard's query language for tasks: `status:open assignee:me due:<=2026-07-01 some words`.

Keys that are named twice are alternatives; all others must hold, and so must every free word
(docs.kanboard.org, "Advanced Search Syntax"). What each key takes stands in `search_keys`.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from chalicelib.domain.errors import Refused
from chalicelib.domain.search_keys import LACKING, READERS, Key, Scene, Test, read_word
from chalicelib.domain.values import is_blank

LONGEST = 1000
"""Characters of a query."""

_TERM = re.compile(
    r'(?:(?P<key>[a-z]+):(?P<how>[<>]=?(?="[^"]*"))?)?(?:"(?P<quoted>[^"]*)"|(?P<bare>\S*))', re.IGNORECASE
)


class Query(NamedTuple):
    """What is looked for."""

    statuses: tuple[int, ...]  # 1 open, 0 closed: which lists are to be read
    matches: Test
    comments: tuple[str, ...]  # casefolded; one of these must stand in a comment; none: whatever the comments say
    missing: Mapping[str, str]  # what it names that is not there: a reason by key


def parse(text: str, scene: Scene) -> Query:
    """Read a query.

    Raises:
        Refused: A key has a value that cannot be, or is one of Kanboard's for what no task here has.
    """
    if len(text) > LONGEST:
        raise Refused({"query": f"takes up to {LONGEST:,} characters"})
    groups: dict[object, list[Test]] = {}
    statuses: set[int] = set()
    comments: list[str] = []
    missing: dict[str, str] = {}
    for term in filter(lambda term: term[0], _TERM.finditer(text)):
        key, name, value = Key(term["key"] or "", scene, missing), (term["key"] or "").lower(), _value(term)
        if name in LACKING:
            raise key.refused(LACKING[name])
        if name == "status":
            statuses |= _read_status(value, key)
        elif name == "comment":
            comments.append(_read_comment(value, key))
        elif reader := READERS.get(name):
            groups.setdefault(reader, []).append(reader(value, key))
        else:
            groups[term] = [read_word(term[0] if name else value)]
    alternatives = list(groups.values())
    return Query(
        statuses=tuple(sorted(statuses or {0, 1}, reverse=True)),
        matches=lambda row: all(any(test(row) for test in tests) for tests in alternatives),
        comments=tuple(comments),
        missing=missing,
    )


def _value(term: re.Match[str]) -> str:
    return term["bare"] if term["quoted"] is None else (term["how"] or "") + term["quoted"]


_STATUSES = {"open": {1}, "1": {1}, "closed": {0}, "0": {0}, "2": {0}, "all": {0, 1}}
"""Kanboard's numbers are 1 and 0; 2 is no other status."""


def _read_status(value: str, key: Key) -> set[int]:
    """Return the statuses that a value means, or several with `|` between them."""
    names = value.lower().split("|")
    if not _STATUSES.keys() >= set(names):
        raise key.refused("takes open, closed or all")
    return set().union(*(_STATUSES[name] for name in names))


def _read_comment(value: str, key: Key) -> str:
    if is_blank(value):
        raise key.refused("takes a text")
    return value.casefold()
