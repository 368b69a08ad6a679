"""A source: what its row says, with what its preset fills in."""

import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from chalicelib.domain import free_fields, signature
from chalicelib.domain.errors import Refused
from chalicelib.domain.presets import PRESETS, Preset, preset
from chalicelib.domain.values import is_blank
from chalicelib.domain.verification import SCHEMES

SHORTEST_SECRET, LONGEST_SECRET = 8, 200
"""Characters."""

LONGEST_NAME = 200
LONGEST_URL = 2000
MOST_ORIGINS = 50

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ORIGIN = re.compile(r"https?://[^/?#@\s]+")


class Source(NamedTuple):
    """A tool that sends its own JSON; the expressions and the template are texts, not compiled."""

    id: str
    name: str
    is_active: bool
    secret: str
    previous_secret: str
    previous_secret_until: float  # epoch seconds
    verify: str
    preset: str
    each: str | None
    when: str | None
    key: str | None
    close_when: str | None
    task: Mapping[str, Any]
    origins: tuple[str, ...]
    redirect_to: str
    from_taskhook: bool

    def secrets(self, now: float) -> list[str]:
        """Return the secrets that are good at a time in epoch seconds, the new one first."""
        old = [self.previous_secret] if self.previous_secret_until > now else []
        return [secret for secret in (self.secret, *old) if not is_blank(secret)]


EXPRESSIONS = ("each", "when", "key", "close_when")
"""The fields that are expressions."""

MAPPING = (*EXPRESSIONS, "task")
"""The fields that a preset fills."""

_READERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("id", "name", "secret", "previous_secret"), free_fields.read_text),
    **dict.fromkeys(("verify", "preset", "redirect_to", *EXPRESSIONS), free_fields.read_text),
    **dict.fromkeys(("is_active", "from_taskhook"), free_fields.read_flag),
    "previous_secret_until": free_fields.read_number,
    "task": free_fields.read_object,
    "origins": free_fields.read_texts,
}

FIELDS = tuple(name for name in _READERS if not name.startswith("previous_"))
"""What people set of a source."""


def is_id(text: str) -> bool:
    """Tell whether a text may be the id of a source."""
    return _ID.fullmatch(text) is not None and text not in {".", ".."}


def read_source(row: Mapping[str, Any]) -> Source:
    """Return the source that a plain row says; its expressions are not looked at.

    Args:
        row: Fields as freely written as `free_fields` takes them; null and "" are absent.

    Raises:
        Refused: With a reason for each field that cannot be used.
    """
    reasons: dict[str, str] = {}
    given = dict(_given(row, reasons))
    known = preset(given.get("preset", "custom"))
    if known is None:
        reasons["preset"] = "takes one of " + ", ".join(PRESETS)
    reasons |= _faults(given, known)
    if reasons or known is None:
        raise Refused(reasons)
    return _source(given, known)


def _given(row: Mapping[str, Any], reasons: dict[str, str]) -> Any:
    for name, read in _READERS.items():
        value = row.get(name)
        if value is None or (isinstance(value, str) and is_blank(value)):
            continue
        try:
            yield name, read(value)
        except ValueError as error:
            reasons[name] = str(error)


def _source(given: Mapping[str, Any], known: Preset) -> Source:
    filled: dict[str, Any] = {name: given.get(name, getattr(known, name)) for name in MAPPING}
    return Source(
        id=given["id"],
        name=given.get("name", ""),
        is_active=given.get("is_active", True),
        secret=given.get("secret", ""),
        previous_secret=given.get("previous_secret", ""),
        previous_secret_until=given.get("previous_secret_until", 0),
        verify=given.get("verify", known.verify),
        preset=known.name,
        origins=tuple(given.get("origins", ())),
        redirect_to=given.get("redirect_to", ""),
        from_taskhook=given.get("from_taskhook", False),
        **filled,
    )


def _faults(given: Mapping[str, Any], known: Preset | None) -> dict[str, str]:
    """Return a reason for each field that is what it should be and cannot be used."""
    verify = given.get("verify", known.verify if known else "token")
    reasons = {
        "secret": secret_fault(verify, given.get("secret", "")),
        "origins": _origins_fault(given.get("origins", ())),
        "redirect_to": _url_fault(given.get("redirect_to", "")),
    }
    if not is_id(given.get("id", "")):
        reasons["id"] = "takes 1 to 64 of A-Z a-z 0-9 . _ -"
    if len(given.get("name", "")) > LONGEST_NAME:
        reasons["name"] = f"takes up to {LONGEST_NAME} characters"
    if verify not in SCHEMES:
        reasons["verify"] = "takes one of " + ", ".join(SCHEMES)
    return {name: reason for name, reason in reasons.items() if reason}


def secret_fault(verify: str, secret: str) -> str:
    """Return what is wrong with a secret, "" for nothing; a blank one is none."""
    if is_blank(secret):
        return ""
    if verify == "standard" or (verify == "gitlab" and secret.startswith(signature.PREFIX)):
        try:
            signature.key_of(secret)
        except ValueError as error:
            return str(error).removeprefix("secret: ")
    if not SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET:
        return f"takes {SHORTEST_SECRET} to {LONGEST_SECRET} characters"
    return "" if _is_text(secret) else "must be valid UTF-8"


def _is_text(text: str) -> bool:
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)


def _origins_fault(origins: Collection[str]) -> str:
    if len(origins) > MOST_ORIGINS:
        return f"takes up to {MOST_ORIGINS}"
    wrong = next((one for one in origins if one != "*" and not _ORIGIN.fullmatch(one)), None)
    return (
        "" if wrong is None else "takes origins such as https://example.com, without a path, or *"
    )


def _url_fault(url: str) -> str:
    reason = "takes an address that begins with http:// or https://"
    try:
        parts = urlsplit(url)
        is_usable = (
            parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username
        )
    except ValueError:
        return reason
    is_plain = len(url) <= LONGEST_URL and url.isascii() and url.isprintable() and " " not in url
    return "" if not url or (is_usable and is_plain) else reason


def stored(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields as a row keeps them, lists and objects as JSON; None removes a field."""
    return {name: _stored(name, value) for name, value in fields.items()}


def _stored(name: str, value: Any) -> Any:
    if _READERS[name] is free_fields.read_flag and value != "":
        return free_fields.read_flag(value)
    if isinstance(value, (list, tuple, dict)):
        return json.dumps(value, ensure_ascii=False) if value else None
    return None if value == "" else value
