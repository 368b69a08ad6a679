"""Presets: the mapping that a source of a known sender starts with.

Each is a file of `chalicelib/presets`, read when it is first asked for. A list in place of a text
is its lines: an expression may break anywhere, and a template keeps the line ends of its text.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

PRESETS = (
    "github",
    "gitlab",
    "gitea",
    "grafana",
    "alertmanager",
    "sentry",
    "uptime-kuma",
    "zabbix",
    "healthchecks",
    "standard",
    "cloudevents",
    "form",
    "custom",
)
"""The names of the presets, in the order in which a page offers them."""

_FOLDER = Path(__file__).resolve().parent.parent / "presets"


class Preset(NamedTuple):
    """What is known of a sender. It is shared and must not be changed."""

    name: str
    title: str
    """The sender's name, for people."""
    documentation: str
    """The address of the sender's own documentation."""
    set_up: tuple[str, ...]
    """What to do at the sender, one short step each."""
    snippet: str
    """What to paste at the sender, "" for nothing; `ADDRESS` stands for the source's address."""
    verify: str
    """How a request proves itself where the source does not say."""
    each: str | None
    """An expression that picks the items; None where the payload is the one item."""
    when: str | None
    """An expression that is true for the items that count; None where all do."""
    key: str | None
    """An expression for what an item is about; None where each item is a new task."""
    close_when: str | None
    """An expression that is true for the items that close their task; None where none does."""
    task: Mapping[str, str]
    """A template for each field of the task."""
    sample: Mapping[str, Any]
    """A payload as the sender writes it, with made-up contents."""


def preset(name: str) -> Preset | None:
    """Return the preset of a name, None where there is none."""
    return _read(name) if name in PRESETS else None


@lru_cache(maxsize=len(PRESETS))
def _read(name: str) -> Preset:
    fields = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return Preset(
        name=name,
        title=fields["title"],
        documentation=fields["documentation"],
        set_up=tuple(fields["set_up"]),
        snippet=_joined(fields.get("snippet")) or "",
        verify=fields["verify"],
        each=_joined(fields.get("each")),
        when=_joined(fields.get("when")),
        key=_joined(fields.get("key")),
        close_when=_joined(fields.get("close_when")),
        task={field: _joined(text) or "" for field, text in fields["task"].items()},
        sample=fields["sample"],
    )


def _joined(text: str | list[str] | None) -> str | None:
    """Return a text that may be written as a list of its lines."""
    return "\n".join(text) if isinstance(text, list) else text
