"""The shape of the code: how long its lines, functions and files are."""

import ast
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


def hides_what_failed(assertion: ast.AST) -> bool:
    """Tell whether an assertion compares a comparison in a tuple: `("x" in page, 200)`."""
    if not (isinstance(assertion, ast.Assert) and isinstance(assertion.test, ast.Compare)):
        return False
    sides = assertion.test.left, assertion.test.comparators[0]
    tuples = [side.elts for side in sides if isinstance(side, ast.Tuple)]
    pairs = zip(*tuples, strict=False) if len(tuples) == 2 else ()
    return any(
        isinstance(seen, (ast.Compare, ast.BoolOp))
        and isinstance(expected, ast.Constant)
        and expected.value in {True, False}
        for seen, expected in pairs
    )


def test_no_assertion_hides_in_a_tuple_what_failed():
    hidden = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in sorted((ROOT / "tests").rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Assert) and hides_what_failed(node)
    ]

    assert hidden == []
