"""Where a body may hold the webhook token.

A body is searched before it is parsed: anybody may send one, and 1 MB takes a millisecond to search and up to fifty
to parse. The search finds candidates; once one of them is good, the parsed body says which of its fields is the token.
"""

import json
import re
from collections.abc import Callable
from itertools import islice
from urllib.parse import unquote_to_bytes

from chalicelib.web.bodies import FORM, JSON, MULTIPART, Body

MOST_CANDIDATES = 100

# Python looks for the plain bytes that a pattern begins with many times as fast as for anything else. All that follows
# is bounded: no token is longer than 1,000 bytes.
_IN_FORM = re.compile(rb"token=([^&]{0,1000})")
_IN_JSON = re.compile(rb'token"\s{0,100}:\s{0,100}("(?:[^"\\]|\\.){0,1000}"|[0-9.eE+-]{1,100})')
_IN_PARTS = re.compile(rb'name="?token"?[^\r\n]{0,200}(?:\r\n[^\r\n]{1,200}){0,8}\r\n\r\n([^\r\n]{0,1000})\r\n--')


def candidates(body: Body) -> list[str]:
    """Return what a body may hold as its token, from 100 fields at most."""
    if body.kind not in _READERS:
        return []
    pattern, read = _READERS[body.kind]
    texts = []
    for found in islice(pattern.finditer(body.content), MOST_CANDIDATES):
        try:
            texts.append(read(found[1], body.charset))
        except ValueError:  # it is no text, so it is no token
            continue
    return texts


def _read_escaped(written: bytes, charset: str) -> str:
    return unquote_to_bytes(written.replace(b"+", b" ")).decode(charset)


def _read_json(written: bytes, charset: str) -> str:
    text = written.decode(charset)
    return str(json.loads(text)) if text.startswith('"') else text


_READERS: dict[str, tuple[re.Pattern[bytes], Callable[[bytes, str], str]]] = {
    FORM: (_IN_FORM, _read_escaped),
    JSON: (_IN_JSON, _read_json),
    MULTIPART: (_IN_PARTS, lambda written, charset: written.decode(charset)),
}
