"""Sources: Taskhook's own procedures, in Kanboard's style, for the application and administrators.

What they do is imported when one is called: most calls of the API are others.
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
    """Create a source and return its id; no answer holds a secret, so supply your own."""
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
    """Change what is given of a source; "" takes a field back to its preset."""
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
    """Return all sources, those that cannot be used with the reason, and none of their secrets."""
    from chalicelib.services.sources import sources  # noqa: PLC0415

    return [sources.shown(listed) for listed in sources.list_sources()]


@procedure(ADMINISTRATOR)
def try_source(_: Call, id: str, payload: Any) -> Shape:  # noqa: A002
    """Return what a source would make of a payload; nothing is written."""
    from chalicelib.services.sources import sources, trying  # noqa: PLC0415

    return {"items": trying.try_payload(sources.usable_source(id), payload)}
