"""Sources: added, found, changed, and the secrets by which their senders are known."""

import secrets as random_secrets
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from chalicelib.adapters.dynamodb.store import ConditionFailed
from chalicelib.adapters.dynamodb.tables import SourceRow
from chalicelib.domain import signature
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.payloads import compile_mapping
from chalicelib.domain.sources import FIELDS, Source, is_id, read_source, secret_fault, stored
from chalicelib.domain.values import is_blank
from chalicelib.services.sources.known_sources import CACHE

OLD_SECRET_LIFETIME = 86400
"""Seconds that a replaced secret is good for."""


class CheckedSource(NamedTuple):
    """A row of the table: its id, what it says, and why it cannot be used (None: it can)."""

    id: str
    source: Source | None
    broken: str | None


def list_sources() -> list[CheckedSource]:
    """Return every source by its id, with those that cannot be used."""
    return [_listed(source_id, row) for source_id, row in sorted(SourceRow.plain_rows().items())]


def _listed(source_id: str, row: Mapping[str, Any]) -> CheckedSource:
    source = None
    try:
        source = read_source(row)
        compile_mapping(source)
    except Refused as refusal:
        return CheckedSource(source_id, source, str(refusal))
    return CheckedSource(source_id, source, None)


def shown(listed: CheckedSource) -> dict[str, Any]:
    """Return the fields of a source without its secret, null where its row is broken."""
    fields = (
        {}
        if listed.source is None
        else listed.source._asdict() | {"origins": list(listed.source.origins)}
    )
    said = {name: fields.get(name) for name in FIELDS if name != "secret"}
    return {**said, "id": listed.id, "reason": listed.broken or ""}


def find_source(source_id: str) -> CheckedSource:
    """Return a source as it is now. Raises NotFound."""
    return _listed(source_id, _find_row(source_id))


def usable_source(source_id: str) -> Source:
    """Return a source as it is now, which can be used.

    Raises:
        NotFound: There is none.
        Refused: It cannot be used, with the reasons.
    """
    source = read_source(_find_row(source_id))
    compile_mapping(source)
    return source


def _find_row(source_id: str) -> dict[str, Any]:
    row = SourceRow.find_plain(source_id) if is_id(source_id) else None
    if row is None:
        raise NotFound(f"there is no source {source_id[:100]}")
    return row


def add_source(fields: Mapping[str, Any]) -> Source:
    """Add a source and return it; an id and a secret are made where none is given.

    Args:
        fields: Any of `domain.sources.FIELDS` by their names; None and "" are not given.

    Raises:
        Refused: With a reason for each field that cannot be used; or the id is taken.
    """
    given = {name: value for name, value in fields.items() if value not in (None, "")}
    _refuse_unknown(given)
    made = {"id": "src_" + random_secrets.token_hex(6), **given}
    source = _checked(made)
    if is_blank(source.secret):
        made["secret"] = new_secret(source.verify)
    try:
        SourceRow.put_new(stored(made))
    except ConditionFailed as error:
        raise Refused({"id": "is taken"}) from error
    CACHE.forget()
    return read_source(made)


def change_source(source_id: str, fields: Mapping[str, Any]) -> Source:
    """Change what is given of a source and return it; a replaced secret stays good for 24 h.

    Args:
        source_id: The source.
        fields: As `add_source` takes them, without the id; None is not given, and "" restores the
            preset's value.

    Raises:
        NotFound: There is no such source.
        Refused: With a reason for each field that cannot be used.
        ConditionFailed: Its secret was replaced at the same moment.
    """
    row = _find_row(source_id)
    given = {name: value for name, value in fields.items() if value is not None}
    _refuse_unknown(given)
    if "id" in given:
        raise Refused({"id": "stays as it is"})
    if "secret" in given and given["secret"] != row.get("secret"):
        given |= _rotated(row, given["secret"])
    source = _checked({**row, **given})
    if given:
        SourceRow.set_fields(source_id, stored(given), row.get("secret"))
        CACHE.forget()
    return source


def _refuse_unknown(given: Mapping[str, Any]) -> None:
    for name in given:
        if name not in FIELDS:
            raise Refused({name: "is no field of a source"})


def _checked(row: Mapping[str, Any]) -> Source:
    source = read_source(row)
    compile_mapping(source)
    return source


def _rotated(row: Mapping[str, Any], new: str) -> dict[str, Any]:
    """Return the fields of a row with a new secret; the one before it is good for a day more."""
    if is_blank(new):
        raise Refused({"secret": "takes 8 to 200 characters"})
    until = int(time.time()) + OLD_SECRET_LIFETIME
    old = row.get("secret")
    is_good = isinstance(old, str) and not is_blank(old) and not secret_fault("token", old)
    kept = (old, until) if is_good else (None, None)
    return {"secret": new, "previous_secret": kept[0], "previous_secret_until": kept[1]}


def new_secret(verify: str) -> str:
    """Return a random secret for a way to prove a request."""
    if verify == "standard":
        return signature.new_secret(random_secrets.token_bytes(32))
    return random_secrets.token_hex(24)


def rotate_secret(source_id: str, secret: str | None = None) -> str:
    """Give a source a new secret and return it, a random one where none is given.

    Raises:
        NotFound: There is no such source.
        Refused: The secret cannot be used.
    """
    row = _find_row(source_id)
    verify = read_source({**row, "secret": None}).verify  # it may be what is wrong
    new = secret or new_secret(verify)
    if fault := secret_fault(verify, new):
        raise Refused({"secret": fault})
    SourceRow.set_fields(source_id, stored(_rotated(row, new)), row.get("secret"))
    CACHE.forget()
    return new


def remove_source(source_id: str) -> None:
    """Remove a source; its payloads stay until they expire. Raises NotFound."""
    try:
        SourceRow.remove(source_id)
    except ConditionFailed as error:
        raise NotFound(f"there is no source {source_id}") from error
    CACHE.forget()
