"""Concurrent edits: which fields a form changed, and which others changed since."""

import hashlib
import re
from collections.abc import Iterable, Mapping

from chalicelib.domain.errors import Refused
from chalicelib.web.pages.page_request import PageRequest


def shown(values: Mapping[str, str]) -> str:
    """Return digests of the values shown; the form carries them to detect concurrent edits."""
    return " ".join(f"{name}={_digest(text)}" for name, text in values.items())


def changed(request: PageRequest, names: Iterable[str]) -> dict[str, str]:
    """Return the fields changed in a form; only these are written."""
    was = _shown(request)
    typed = {
        name: request.values[name].replace("\r\n", "\n") for name in names if name in request.values
    }
    return {name: text for name, text in typed.items() if was.get(name) != _digest(text)}


def refuse_overtaken(
    request: PageRequest,
    changes: Mapping[str, str],
    now: Mapping[str, str],
    words: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Refuse to overwrite a value that the user has not seen.

    Args:
        request: The form.
        changes: The result of `changed`.
        now: The current values.
        words: The labels of the values, by field, for select fields.

    Raises:
        Refused: With the current value of each field that was changed elsewhere.
    """
    was, reasons = _shown(request), {}
    for name, text in changes.items():
        stands = _digest(now[name])
        if stands not in {_digest(text), was.get(name, stands)}:
            read = (words or {}).get(name, {}).get(now[name], now[name])
            reasons[name] = (
                f"Another user changed this to:\n{read or 'nothing'}\nSave again to replace it."
            )
    if reasons:
        raise Refused(reasons)


def _shown(request: PageRequest) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in request.get("shown").split())
    return {name: digest for name, _, digest in pairs}


def _digest(text: str) -> str:
    # Browsers normalize line ends.
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return hashlib.sha256(plain.encode(errors="replace")).hexdigest()[:16]


def listed(names: Iterable[str]) -> str:
    """Join names with commas; a name with a comma is quoted."""
    return ", ".join(_quoted(name) for name in names)


def _quoted(name: str) -> str:
    is_plain = "," not in name and not name.startswith('"') and name == name.strip()
    return name if is_plain else '"' + name.replace('"', '""') + '"'


def names_in(text: str) -> list[str]:
    """Split a text written by `listed`, or typed in its format, into names."""
    found = re.findall(r'\s*(?:"((?:[^"]|"")*)"|([^,]+))', text)
    names = [quoted.replace('""', '"') or plain.strip() for quoted, plain in found]
    return [name for name in names if name]
