"""The tables of docs/verifying.md, made of what the programs have printed.

`python -m tests.verifying.tables write FILE...` writes them into the document, `... lines FILE`
prints the cases as lines for a language without a JSON parser.
"""

import base64
import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

Outcomes = Mapping[str, Mapping[str, str]]
"""What came of each case, by library and case; a library is its language, name and version."""

DOCUMENT = Path(__file__).parents[2] / "docs/verifying.md"


def outcomes_of(printed: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the outcomes that programs have printed."""
    found = {}
    for text in printed:
        [(language, libraries)] = json.loads(text).items()
        for library, outcomes in libraries.items():
            found[f"{language}: {library}"] = {
                case: word_for(outcome) for case, outcome in outcomes.items()
            }
    return found


def word_for(outcome: str) -> str:
    """Return an outcome as the tables say it."""
    if outcome.startswith("returns"):
        event = re.match("returns an (event)", outcome)
        return event[1] if event else {"returns nothing": "yes"}.get(outcome, "body")
    return "error" if re.match("JSONDecodeError|SyntaxError", outcome) else "no"


def table(outcomes: Outcomes) -> str:
    """Return a table with a row for each case and a column for each library."""
    cases = list(dict.fromkeys(case for found in outcomes.values() for case in found))
    rows = [["", *outcomes], ["---"] * (len(outcomes) + 1)]
    rows += [[case, *(found[case] for found in outcomes.values())] for case in cases]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def documented(library: str) -> dict[str, str]:
    """Return the column of a library in the document, without its heading."""
    for part in DOCUMENT.read_text().split("\n\n"):
        rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in part.splitlines()]
        if library in rows[0]:
            place = rows[0].index(library)
            return {row[0]: row[place] for row in rows[2:]}
    raise LookupError(library)


def write(outcomes: Outcomes) -> None:
    """Write the two tables into the document, each between its marks."""
    text = DOCUMENT.read_text()
    for name, is_of in {"signatures": False, "events": True}.items():
        mine = {
            library: found
            for library, found in outcomes.items()
            if any(case.startswith("CloudEvents") for case in found) == is_of
        }
        marks = f"<!-- {name} -->", f"<!-- end of {name} -->"
        before, _, rest = text.partition(marks[0])
        text = before + f"{marks[0]}\n\n{table(mine)}\n\n{marks[1]}" + rest.partition(marks[1])[2]
    DOCUMENT.write_text(text)


def lines(cases: str) -> str:
    """Return the cases of a JSON text as lines: name, secret, and in base64 headers and body."""
    found = []
    for case in json.loads(cases):
        headers = "\n".join(f"{name}: {value}" for name, value in case["headers"].items())
        whole = base64.b64encode(headers.encode()).decode()
        found.append("\t".join([case["name"], case["secret"], whole, case["body"]]))
    return "\n".join(found) + "\n"


if __name__ == "__main__":
    texts = [Path(name).read_text() for name in sys.argv[2:]]
    if sys.argv[1] == "write":
        write(outcomes_of(texts))
    else:
        sys.stdout.write(lines(texts[0]))
