"""What receivers say, without the token and the secrets that they repeat."""

import codecs
import html
import json
import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from urllib.parse import quote

_TELLING = 4
"""So many characters of a secret at the end of a text are no accident."""


def text_of(body: bytes, *, is_cut: bool) -> str:
    """Return what bytes say; where they were cut within a character, without its part."""
    return codecs.getincrementaldecoder("utf-8")("replace").decode(body, final=not is_cut)


def redact(text: str, token: str, secrets: Collection[str], *, is_cut: bool = False) -> str:
    """Return a text with `[token]` and `[secret]` in place of the token and the secrets.

    The beginning of one at the end of the text goes as well. Where the text was cut, a single
    character goes already, because what came behind it is not known.

    Args:
        text: What a receiver said.
        token: The webhook token, or "".
        secrets: What signs, `whsec_` and base64.
        is_cut: Whether it may have said more.
    """
    if not text:
        return text
    hidden = _hidden(token, tuple(secrets))
    for form, label in hidden.items():
        text = text.replace(form, label)
    return _without_beginning(text, hidden, is_cut=is_cut)


@lru_cache(maxsize=256)
def _hidden(token: str, secrets: tuple[str, ...]) -> Mapping[str, str]:
    """Return what stands in the place of each form of these secrets, the longest form first."""
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
    """Return how many characters at the end of a text are the first ones of a secret."""
    return next(
        (length for length in range(len(form) - 1, 0, -1) if text.endswith(form[:length])), 0
    )
