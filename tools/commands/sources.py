"""The commands of `taskhook source`."""

import json
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from chalicelib.config import CONFIG
from chalicelib.domain.errors import Refused
from chalicelib.domain.sources import FIELDS
from chalicelib.services.accounts import settings
from chalicelib.services.sources import payload_log, sources, trying
from chalicelib.services.sources.payload_log import Summary
from chalicelib.services.sources.sources import CheckedSource
from tools.commands import Failure
from tools.commands.rows import Row, time_text
from tools.verbs.parts import Args


def source_add(args: Args) -> Row:
    """Add a source and show its URL and secret for the sender."""
    source = sources.add_source(_given(args))
    row = _row(args, CheckedSource(source.id, source, None))
    token = f"?token={quote(source.secret, safe='')}" if source.verify == "token" else ""
    return row | {"url": row["url"] + token, "secret": source.secret}


def source_list(args: Args) -> list[Row]:
    """List the sources; broken ones carry the reason."""
    return [_row(args, listed) for listed in sources.list_sources()]


def source_show(args: Args) -> Row:
    """Show a source with its mapping and its figures; its secret only with --secrets."""
    listed = sources.find_source(args.id)
    row = _row(args, listed) | _figures(args.id)
    if listed.source is None:
        return row
    mapping = {name: getattr(listed.source, name) for name in _SHOWN}
    secret = {"secret": listed.source.secret} if args.secrets else {}
    return {**row, **mapping, "origins": list(listed.source.origins), **secret}


def source_change(args: Args) -> Row:
    """Change the given fields of a source; "" resets a field to its preset."""
    given = {name: value for name, value in _given(args).items() if name != "id"}
    if not given:
        raise Refused({"change": "give at least one field"})
    sources.change_source(args.id, given)
    return _row(args, sources.find_source(args.id))


def source_rotate_secret(args: Args) -> Row:
    """Replace a source's secret; the old one is accepted for 24 more hours."""
    return {"secret": sources.rotate_secret(args.id)}


def source_remove(args: Args) -> Row:
    """Remove a source and show its last state."""
    listed = sources.find_source(args.id)
    sources.remove_source(args.id)
    return _row(args, listed) | {"state": "removed", "reason": ""}


def source_try(args: Args) -> list[Row]:
    """Show the outcome of a payload without writing anything."""
    text = sys.stdin.read() if args.file == "-" else _read(args.file)
    try:
        payload = json.loads(text)
    except ValueError as error:
        raise Refused({"payload": "is not JSON"}) from error
    return list(trying.try_payload(sources.usable_source(args.id), payload))


def source_payloads(args: Args) -> list[Row]:
    """List the newest payloads of a source with their outcomes."""
    sources.find_source(args.id)
    return [
        _payload_row(one)
        for one in payload_log.list_payloads(args.id, _at_most(args.limit))
        if one.received_at >= args.since
    ]


def source_replay(args: Args) -> Row:
    """Send one payload, or all failed ones, again through the current mapping."""
    if args.payload:
        row = _payload_row(payload_log.send_again(args.payload))
        return Failure(row) if row["failed"] else row
    ended = payload_log.send_failed_again(args.id)
    row = {"payloads": ended.payloads, **ended.counts._asdict(), "left": ended.left}
    refused = [{"id": name, "reason": reason} for name, reason in ended.refused.items()]
    row |= {"refused": refused} if refused else {}
    return Failure(row) if ended.counts.failed or refused else row


_SHOWN = ("each", "when", "key", "close_when", "task", "redirect_to", "from_taskhook")


def _at_most(limit: int | None) -> int:
    """Return how many payloads to read; one more than the limit tells that there are more."""
    if limit is None:
        return 50
    return limit + 1 if limit else payload_log.MAX_COUNTED


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused({"file": f"cannot be read: {error}"}) from error


def _given(args: Args) -> dict[str, Any]:
    given = {name: getattr(args, name, None) for name in FIELDS}
    given["origins"] = None if args.origins is None else [one for one in args.origins if one]
    given["secret"] = sys.stdin.readline().strip() if args.secret_stdin else None
    return {name: value for name, value in given.items() if value is not None}


def _row(args: Args, listed: CheckedSource) -> dict[str, Any]:
    source_id, source, broken = listed
    state = "broken" if broken else "active" if source and source.is_active else "disabled"
    return {
        "id": source_id,
        "name": source.name if source else "",
        "preset": source.preset if source else "",
        "verify": source.verify if source else "",
        "url": f"{_address(args)}/in/{source_id}",
        "state": state,
        "reason": broken or "",
    }


def _address(args: Args) -> str:
    """Return the address of this Taskhook, "" if none is known: then a URL is only its path."""
    return CONFIG.public_url or getattr(args, "address", "") or settings.address()


def _figures(source_id: str) -> dict[str, Any]:
    found = payload_log.figures(source_id, time.time())
    last = found.last_received
    return {
        "last_received": time_text(last) if last else "",
        "last_24_hours": found.day._asdict(),
        "last_7_days": found.week._asdict(),
    }


def _payload_row(one: Summary) -> dict[str, Any]:
    return {**one._asdict(), "received_at": time_text(one.received_at)}
