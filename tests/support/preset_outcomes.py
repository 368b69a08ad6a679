"""What a preset makes of a payload, without a source: the outcome of each item."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chalicelib.domain.expressions import compile_expression
from chalicelib.domain.presets import Preset, preset
from chalicelib.domain.templates import compile_template

PAYLOADS = Path(__file__).parent.parent / "payloads"


def known(name: str) -> Preset:
    """Return a preset that exists."""
    found = preset(name)
    assert found
    return found


def read(name: str) -> Any:
    """Return what is in a file of `tests/payloads`."""
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def outcomes(name: str, payload: Any, headers: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what comes of each item of a payload: `{"ignored": True}`, or key, closes and task."""
    mapping = known(name)
    seen = {"payload": payload, "headers": headers, "query": {}}
    items = [payload]
    if mapping.each:
        items = compile_expression(mapping.each).search(seen) or []
    return [_outcome(mapping, {**seen, "item": item}) for item in items]


def _outcome(mapping: Preset, seen: dict[str, Any]) -> dict[str, Any]:
    if mapping.when and not compile_expression(mapping.when).is_true(seen):
        return {"ignored": True}
    key, closes = None, False
    if mapping.close_when:
        closes = compile_expression(mapping.close_when).is_true(seen)
    if mapping.key:
        key = compile_expression(mapping.key).search(seen)
    task = compile_template(dict(mapping.task)).render(seen)
    return {"key": key, "closes": closes, "task": task}
