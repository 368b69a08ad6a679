"""Kanboard's query language for tasks: `status:open assignee:me due:<=2026-07-01 some words`.

Keys that are named twice are alternatives; all others must hold, and so must every free word
(docs.kanboard.org, "Advanced Search Syntax"). What each key takes stands in `search_keys`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from chalicelib.domain.errors import Refused
from chalicelib.domain.search_keys import (
    LACKING,
    READERS,
    Key,
    Reader,
    SearchContext,
    Test,
    read_word,
)
from chalicelib.domain.values import is_blank

LONGEST = 1000
"""Characters of a query."""

_TERM = re.compile(
    r'(?:(?P<key>[a-z]+):(?P<how>[<>]=?(?="[^"]*"))?)?(?:"(?P<quoted>[^"]*)"|(?P<bare>\S*))',
    re.IGNORECASE,
)


class Query(NamedTuple):
    """What is looked for."""

    statuses: tuple[int, ...]  # 1 open, 0 closed: which lists are to be read
    matches: Test
    # Casefolded; one of these must stand in a comment; none: whatever the comments say.
    comments: tuple[str, ...]
    missing: Mapping[str, str]  # what it names that is not there: a reason by key


def parse(text: str, scene: SearchContext) -> Query:
    """Read a query.

    Raises:
        Refused: A key has a value that cannot be, or no task here can have it.
    """
    if len(text) > LONGEST:
        raise Refused({"query": f"takes up to {LONGEST:,} characters"})
    groups: list[list[Test]] = []  # each of alternatives
    of_key: dict[Reader, list[Test]] = {}
    statuses: set[int] = set()
    comments: list[str] = []
    missing: dict[str, str] = {}
    for key, value in _terms(text, scene, missing):
        name = key.name.lower()
        if name == "status":
            statuses |= _read_status(value, key)
        elif name == "comment":
            comments.append(_read_comment(value, key))
        elif name:
            of_key.setdefault(READERS[name], []).append(READERS[name](value, key))
        else:
            groups.append([read_word(value)])
    groups += of_key.values()
    return Query(
        statuses=tuple(sorted(statuses or {0, 1}, reverse=True)),
        matches=lambda row: all(any(test(row) for test in tests) for tests in groups),
        comments=tuple(comments),
        missing=missing,
    )


def _terms(text: str, scene: SearchContext, missing: dict[str, str]) -> Iterator[tuple[Key, str]]:
    """Yield each key with its value, and each free word with a key that has no name.

    Raises:
        Refused: It is a key that no task here can have.
    """
    for term in _TERM.finditer(text):
        written = term["key"] or ""
        if written.lower() in LACKING:
            raise Refused({written: LACKING[written.lower()]})
        quoted = None if term["quoted"] is None else (term["how"] or "") + term["quoted"]
        value = term["bare"] if quoted is None else quoted
        if written.lower() in _KEYS:
            yield Key(written, scene, missing), value
        elif term[0]:
            yield Key("", scene, missing), term[0] if written else value


_KEYS = {"status", "comment", *READERS}


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
