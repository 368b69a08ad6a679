"""Removes the token and the secrets that receivers repeat in their answers."""

import codecs
import html
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from urllib.parse import quote

_TELLING = 4
"""The characters of a secret that cannot be at the end of a text by accident."""


_SCHEMES = {"basic", "bearer", "digest", "token", "apikey"}
"""First words of an Authorization header, which are no secret."""


def text_of(body: bytes, *, is_cut: bool) -> str:
    """Decode bytes; a character that was cut at the end is dropped."""
    return codecs.getincrementaldecoder("utf-8")("replace").decode(body, final=not is_cut)


def redact(text: str, token: str, secrets: Collection[str], *, is_cut: bool = False) -> str:
    """Return a text with `[token]` and `[secret]` in place of the token and the secrets.

    The beginning of a secret at the end of the text is removed as well; where the text was cut,
    even a single character, because the rest is unknown.

    Args:
        text: A receiver's text.
        token: The webhook token, or "".
        secrets: The signing secrets, `whsec_` and base64.
        is_cut: Whether the text may have been longer.
    """
    if not text:
        return text
    hidden = _hidden(token, tuple(secrets))
    return _without_beginning(_replaced(text, hidden), hidden, is_cut=is_cut)


def redact_whole(text: str, secrets: Collection[str]) -> str:
    """Return a text that is whole with `[secret]` in place of the secrets; all else stays."""
    return _replaced(text, _hidden("", tuple(secrets)))


def parts_of_headers(values: Iterable[str]) -> Iterator[str]:
    """Yield the secrets in headers' values: each value, and its words if it has several.

    A value or a word of fewer than 4 characters hides nothing, and would be replaced everywhere.
    """
    for value in values:
        for part in {value, *value.split(" ")}:
            if len(part) >= _TELLING and part.lower() not in _SCHEMES:
                yield part


def _replaced(text: str, hidden: Mapping[str, str]) -> str:
    for form, label in hidden.items():
        text = text.replace(form, label)
    return text


@lru_cache(maxsize=256)
def _hidden(token: str, secrets: tuple[str, ...]) -> Mapping[str, str]:
    """Return the replacement for each form of these secrets, the longest form first."""
    labels = dict.fromkeys(_forms(token), "[token]")
    for secret in secrets:
        labels |= dict.fromkeys(
            [*_forms(secret), *_forms(secret.removeprefix("whsec_"))], "[secret]"
        )
    return {form: labels[form] for form in sorted(labels, key=len, reverse=True) if form}


def _forms(secret: str) -> Iterator[str]:
    """Yield the ways a receiver may write a secret: plain, in a header, a URL, HTML, JSON."""
    in_url, in_json = quote(secret, safe=""), json.dumps(secret)[1:-1]
    in_lower = re.sub("%..", lambda escape: escape[0].lower(), in_url)
    yield from (secret, secret.encode().decode("latin-1"), in_url, in_lower)
    yield from (html.escape(secret), in_json, in_json.replace("/", r"\/"))


def _without_beginning(text: str, hidden: Mapping[str, str], *, is_cut: bool) -> str:
    """Return a text without the longest beginning of a secret at its end."""
    length, label = max(
        ((_overlap(text, form), label) for form, label in hidden.items()), default=(0, "")
    )
    if length >= _TELLING:
        return text[:-length] + label
    return text[:-length] if length and is_cut else text


def _overlap(text: str, form: str) -> int:
    """Return the number of characters at the end of a text that begin a secret."""
    return next(
        (length for length in range(len(form) - 1, 0, -1) if text.endswith(form[:length])), 0
    )
