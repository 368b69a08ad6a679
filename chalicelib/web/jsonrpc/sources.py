"""Sources: Taskhook's own procedures, in Kanboard's style, for the application and administrators.

Their services are imported on the first call, since most API calls are others.
"""

from typing import Any

from chalicelib.domain.accounts import ADMINISTRATOR
from chalicelib.web.jsonrpc.base import Call, procedure

Shape = dict[str, Any]


@procedure(ADMINISTRATOR)
def create_source(
    _: Call,
    id: str | None = None,  # noqa: A002 -- the field's name
    name: str | None = None,
    is_active: bool | None = None,  # noqa: FBT001
    secret: str | None = None,
    verify: str | None = None,
    preset: str | None = None,
    each: str | None = None,
    when: str | None = None,
    key: str | None = None,
    close_when: str | None = None,
    task: dict[str, Any] | str | None = None,
    origins: list[str] | None = None,
    redirect_to: str | None = None,
    from_taskhook: bool | None = None,  # noqa: FBT001
) -> str:
    """Create a source and return its id; answers never contain the secret, so supply your own."""
    from chalicelib.services.sources import sources  # noqa: PLC0415

    fields = {name: value for name, value in locals().items() if name not in {"_", "sources"}}
    return sources.add_source(fields).id


@procedure(ADMINISTRATOR)
def update_source(
    _: Call,
    id: str,  # noqa: A002 -- Kanboard's style
    name: str | None = None,
    is_active: bool | None = None,  # noqa: FBT001
    secret: str | None = None,
    verify: str | None = None,
    preset: str | None = None,
    each: str | None = None,
    when: str | None = None,
    key: str | None = None,
    close_when: str | None = None,
    task: dict[str, Any] | str | None = None,
    origins: list[str] | None = None,
    redirect_to: str | None = None,
    from_taskhook: bool | None = None,  # noqa: FBT001
) -> bool:
    """Change the given fields of a source; "" resets a field to its preset."""
    from chalicelib.services.sources import sources  # noqa: PLC0415

    fields = {name: value for name, value in locals().items() if name not in {"_", "sources", "id"}}
    sources.change_source(id, fields)
    return True


@procedure(ADMINISTRATOR)
def remove_source(_: Call, id: str) -> bool:  # noqa: A002
    """Remove a source."""
    from chalicelib.services.sources import sources  # noqa: PLC0415

    sources.remove_source(id)
    return True


@procedure(ADMINISTRATOR)
def get_sources(_: Call) -> list[Shape]:
    """Return all sources without secrets; broken ones carry the reason."""
    from chalicelib.services.sources import sources  # noqa: PLC0415

    return [sources.shown(listed) for listed in sources.list_sources()]


@procedure(ADMINISTRATOR)
def try_source(_: Call, id: str, payload: Any) -> Shape:  # noqa: A002
    """Return the outcome of a payload without writing anything."""
    from chalicelib.services.sources import sources, trying  # noqa: PLC0415

    return {"items": trying.try_payload(sources.usable_source(id), payload)}
