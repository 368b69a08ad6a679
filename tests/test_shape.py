"""The shape of the code: how long its lines, functions and files are."""

from pathlib import Path

from tools.package import ROOT

LINE = 100
"""Characters of a line; ruff keeps Python within them."""

PAGES = ROOT / "chalicelib/web"


def too_long(files: list[Path]) -> list[str]:
    """Return where a line is too long, as an editor opens it."""
    return [
        f"{file.relative_to(ROOT)}:{number}: {len(line)} characters"
        for file in sorted(files)
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if len(line) > LINE
    ]


def test_no_line_of_a_template_a_style_or_a_script_is_too_long():
    files = [file for folder in ("templates", "static") for file in (PAGES / folder).iterdir()]

    assert too_long(files) == []
