"""Candidates for the webhook token in a body.

A body is searched before it is parsed: anybody may send one, and 1 MB takes 1 ms to search but up
to 50 ms to parse. The search finds candidates; if one is valid, the parsed body decides which field
is the token.
"""

import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote_to_bytes

from chalicelib.web.bodies import FORM, JSON, MULTIPART, Body

MOST_CANDIDATES = 100
"""Most places of a body that are examined, at most 2,700 bytes each."""


def candidates(body: Body) -> list[str]:
    """Return the candidates for a body's token."""
    if body.kind not in _READERS:
        return []
    name, value, read = _READERS[body.kind]
    texts = []
    for place in _places(body.content, name):
        if found := value.match(body.content, place):
            try:
                texts.append(read(found[1], body.charset))
            except ValueError:  # not text, so not a token
                continue
    return texts


def _places(content: bytes, name: bytes) -> Iterator[int]:
    """Yield the end positions of the first 100 occurrences of a name."""
    place = 0
    for _ in range(MOST_CANDIDATES):
        found = content.find(name, place)
        if found < 0:
            return
        place = found + len(name)
        yield place


# Every match is bounded: a token has at most 1,000 bytes.
_IN_FORM = re.compile(rb"([^&]{0,1000})")
_IN_JSON = re.compile(rb'\s{0,100}:\s{0,100}("(?:[^"\\]|\\.){0,1000}"|[0-9.eE+-]{1,100})')
_IN_PARTS = re.compile(
    rb'"?token"?[^\r\n]{0,100}(?:\r\n[^\r\n]{1,200}){0,8}\r\n\r\n([^\r\n]{0,1000})\r\n--'
)


def _read_escaped(written: bytes, charset: str) -> str:
    return unquote_to_bytes(written.replace(b"+", b" ")).decode(charset)


def _read_json(written: bytes, charset: str) -> str:
    text = written.decode(charset)
    return str(json.loads(text)) if text.startswith('"') else text


_READERS: dict[str, tuple[bytes, re.Pattern[bytes], Callable[[bytes, str], str]]] = {
    FORM: (b"token=", _IN_FORM, _read_escaped),
    JSON: (b'"token"', _IN_JSON, _read_json),
    MULTIPART: (b"name=", _IN_PARTS, lambda written, charset: written.decode(charset)),
}
"""For each kind of body: the prefix of the value, the value, and its decoder."""
