"""A request as a curl command that a person can paste into a shell."""

import shlex
from collections.abc import Mapping


def command(url: str, headers: Mapping[str, str], body: str | bytes) -> str:
    """Return the command that POSTs a body; each header stands on a line of its own."""
    text = body if isinstance(body, str) else body.decode()
    lines = [f"curl --request POST {shlex.quote(url)}"]
    for name, value in headers.items():
        # curl takes `Name;` for a header without a value, and `Name:` for one to leave out.
        said = f"{name}: {value}" if value else f"{name};"
        lines.append(f"  --header {shlex.quote(said)}")
    lines.append(f"  --data-raw {shlex.quote(text)}")
    return " \\\n".join(lines)
