"""The sources as this process has read them, and whose sender has sent a request."""

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

from chalicelib.adapters.dynamodb.tables import SourceRow
from chalicelib.domain.errors import NotAuthorized, Refused, RowBroken
from chalicelib.domain.payloads import Compiled, compile_mapping
from chalicelib.domain.sources import Source, read_source
from chalicelib.domain.verification import Sent, is_proven
from chalicelib.services.cached import Cached


class KnownSource:
    """A row as this process has read it; its mapping is compiled once."""

    def __init__(self, source_id: str, row: Mapping[str, Any]) -> None:
        self._id, self._row = source_id, row

    @cached_property
    def source(self) -> Source:
        """What it says. Raises RowBroken."""
        try:
            return read_source(self._row)
        except Refused as refusal:
            raise self._broken(refusal) from refusal

    @cached_property
    def mapping(self) -> Compiled:
        """Its mapping, compiled. Raises RowBroken."""
        try:
            return compile_mapping(self.source)
        except Refused as refusal:
            raise self._broken(refusal) from refusal

    def _broken(self, refusal: Refused) -> RowBroken:
        return RowBroken(f"the source {self._id}", str(refusal))

    def is_proven(self, sent: Sent) -> bool:
        """Tell whether a request proves itself. Raises RowBroken."""
        source = self.source
        return is_proven(source.verify, source.secrets(sent.now), sent)


def _read_all() -> dict[str, KnownSource]:
    return {
        source_id: KnownSource(source_id, row) for source_id, row in SourceRow.plain_rows().items()
    }


CACHE = Cached(_read_all, misses_every=1.0)
"""The rows by their ids; strangers say which one is looked for."""


def proven_source(source_id: str, sent: Sent) -> KnownSource:
    """Return the source whose sender has sent a request; strangers cost one read a second.

    Raises:
        NotAuthorized: There is none, or the request does not prove itself.
        RowBroken: The row cannot be used.
    """

    def proven(rows: Mapping[str, KnownSource]) -> KnownSource | None:
        known = rows.get(source_id)
        return known if known is not None and known.is_proven(sent) else None

    known = CACHE.find(proven)
    if known is None:
        raise NotAuthorized
    return known


def secrets(now: float) -> list[str]:
    """Return the secrets of all sources that are good at a time in epoch seconds."""
    found = []
    for known in CACHE.get().values():
        with suppress(RowBroken):
            found += known.source.secrets(now)
    return found


def known_source(source_id: str) -> Source | None:
    """Return a source as this process has read it, None where there is none that can be used."""
    known = CACHE.get_where(lambda rows: source_id in rows).get(source_id)
    try:
        return None if known is None else known.source
    except RowBroken:
        return None
