"""Run the Python libraries over the cases of a file, and print what each does as JSON."""

import base64
import importlib
import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

Call = Callable[[dict[str, Any], bytes], Any]


def run(call: Call, case: dict[str, Any]) -> str:
    """Return what a library makes of one case."""
    try:
        found = call(case, base64.b64decode(case["body"]))
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is the outcome
        return f"{type(error).__name__}: {error}"
    return "returns nothing" if found is None else f"returns {found}"


def signature_of(module: Any) -> Call:
    """Return the three lines that verify a signature."""

    def verify(case: dict[str, Any], body: bytes) -> Any:
        found = module.Webhook(case["secret"]).verify(body, case["headers"])
        return None if found is None else "the parsed body"

    return verify


def cloudevent(case: dict[str, Any], body: bytes) -> str:
    """Read an event by the SDK."""
    http = importlib.import_module("cloudevents.core.bindings.http")
    event = http.from_structured_event(http.HTTPMessage(case["headers"], body))
    return f"an event: {event.get_type()}, data {type(event.get_data()).__name__}"


def libraries() -> dict[str, Call]:
    """Return what is installed here, by the name of the package."""
    found: dict[str, Call] = {"cloudevents": cloudevent}
    for name, module in {"standardwebhooks": "standardwebhooks", "svix": "svix.webhooks"}.items():
        try:
            found[name] = signature_of(importlib.import_module(module))
        except ModuleNotFoundError:
            continue
    return found


def main(path: str) -> None:
    """Print the outcome of each case of a file by library and case."""
    cases = json.loads(Path(path).read_text())
    outcomes = {}
    for name, call in libraries().items():
        mine = [case for case in cases if bool(case["secret"]) == (name != "cloudevents")]
        outcomes[f"{name} {version(name)}"] = {case["name"]: run(call, case) for case in mine}
    sys.stdout.write(json.dumps({"Python": outcomes}, indent=1))


if __name__ == "__main__":
    main(sys.argv[1])
