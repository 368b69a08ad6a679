"""Kanboard's query language for tasks: `status:open assignee:me due:<=2026-07-01 some words`.

Two values of the same key are alternatives. Different keys must all match, and so must every free
word (docs.kanboard.org, "Advanced Search Syntax"). `search_keys` reads the values.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
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
    """A query, parsed."""

    statuses: tuple[int, ...]  # 1 open, 0 closed: the lists to read
    matches: Test
    # Casefolded: a comment must contain one of these. Empty: comments do not matter.
    comments: tuple[str, ...]
    missing: Mapping[str, str]  # by key: the reason why a name was not found
    is_here: bool  # False: `project:` names another project, and no task matches


def parse(text: str, scene: SearchContext) -> Query:
    """Read a query.

    Raises:
        Refused: A key has an invalid value, or Taskhook does not support it.
    """
    if len(text) > LONGEST:
        raise Refused({"query": f"takes up to {LONGEST:,} characters"})
    of_key: dict[Reader, list[Test]] = {}
    words: list[Test] = []
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
            words.append(read_word(value))
    return Query(
        statuses=tuple(sorted(statuses or {0, 1}, reverse=True)),
        matches=_all_of([*words, *map(_any_of, of_key.values())]),
        comments=tuple(comments),
        missing=missing,
        is_here=_is_here(of_key),
    )


def _is_here(of_key: Mapping[Reader, Sequence[Test]]) -> bool:
    """Tell whether `project:` allows the searched project; its tests look at no task."""
    tests = of_key.get(READERS["project"])
    return tests is None or any(test({}) for test in tests)


def unknown_keys(text: str) -> list[str]:
    """Return the words before a colon that are no key; a query takes them as parts of titles."""
    found = []
    for term in _TERM.finditer(text):
        is_url = (term["bare"] or "").startswith("//")
        if term["key"] and not is_url and term["key"].lower() not in {*_KEYS, *LACKING}:
            found.append(term["key"])
    return list(dict.fromkeys(found))


def _any_of(tests: Sequence[Test]) -> Test:
    return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)


def _all_of(tests: Sequence[Test]) -> Test:
    return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)


def _terms(text: str, scene: SearchContext, missing: dict[str, str]) -> Iterator[tuple[Key, str]]:
    """Yield each key with its value, and each free word with a key that has no name.

    Raises:
        Refused: Taskhook does not support a key.
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

KEYS = (
    *("assignee", "creator", "status", "project", "column", "category", "tag", "color", "priority"),
    *("due", "created", "modified", "moved", "started", "completed"),
    *("title", "description", "comment", "reference", "id", "score"),
)
"""The keys that a person is told of, without their other spellings."""


_STATUSES = {"open": {1}, "1": {1}, "closed": {0}, "0": {0}, "2": {0}, "all": {0, 1}}
"""Kanboard's numbers are 1 and 0; 2 is no third status."""


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
