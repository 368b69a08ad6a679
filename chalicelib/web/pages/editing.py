"""Forms open in two browsers at once: which fields changed here, and which elsewhere."""

import hashlib
import re
from collections.abc import Iterable, Mapping

from chalicelib.domain.errors import Refused
from chalicelib.web.pages.page_request import PageRequest


def shown(values: Mapping[str, str]) -> str:
    """Return digests of the shown values that a form carries, to recognise them later."""
    return " ".join(f"{name}={_digest(text)}" for name, text in values.items())


def changed(request: PageRequest, names: Iterable[str]) -> dict[str, str]:
    """Return the fields that were changed in a form; only these are written."""
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
    """Let nobody replace what they have not seen.

    Args:
        request: The form.
        changes: What `changed` returns of it.
        now: The values as they stand.
        words: For the fields that take one of several values: how people read each.

    Raises:
        Refused: For each changed field that has another value than the form has shown, with that
            value.
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
    # Browsers send other line ends than they were given.
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return hashlib.sha256(plain.encode(errors="replace")).hexdigest()[:16]


def listed(names: Iterable[str]) -> str:
    """Return names with commas between them; one that holds a comma itself stands in quotes."""
    return ", ".join(_quoted(name) for name in names)


def _quoted(name: str) -> str:
    is_plain = "," not in name and not name.startswith('"') and name == name.strip()
    return name if is_plain else '"' + name.replace('"', '""') + '"'


def names_in(text: str) -> list[str]:
    """Return the names that `listed` has put into a text, or somebody has written so."""
    found = re.findall(r'\s*(?:"((?:[^"]|"")*)"|([^,]+))', text)
    names = [quoted.replace('""', '"') or plain.strip() for quoted, plain in found]
    return [name for name in names if name]
