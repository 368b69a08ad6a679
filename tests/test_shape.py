"""The shape of the code: how long its lines, functions and files are."""

import ast
from pathlib import Path

from tools.package import ROOT

LINE = 100
"""Characters of a line; ruff keeps Python within them."""

LONGEST_FUNCTION = 30
"""Lines of a function, its documentation included."""

LONGEST_FILE = 250
"""Lines of a file of the product and of its tools; tests may be longer."""

PAGES = ROOT / "chalicelib/web"
CODE = [ROOT / "app.py", ROOT / "manage.py"]
for folder in ("bench", "chalicelib", "local", "tools"):
    CODE += sorted((ROOT / folder).rglob("*.py"))


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


def test_no_function_is_too_long():
    long = [
        f"{file.relative_to(ROOT)}:{node.lineno}: {node.name} has {lines} lines"
        for file in CODE
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    ]

    assert long == []


def test_no_file_is_too_long():
    sizes = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in CODE}

    assert {name: lines for name, lines in sizes.items() if lines > LONGEST_FILE} == {}


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
