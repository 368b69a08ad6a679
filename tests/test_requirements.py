"""What is installed: each purpose has what it imports, pinned by hashes, and no more of it."""

import ast
import re
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tools.package import ROOT

FOLDER = ROOT / "requirements"
LOCKS = [ROOT / "requirements.txt", *sorted(FOLDER.glob("*.txt"))]
NAMED_BY = {
    "../requirements.txt": ("lambda.in",),
    "run.txt": ("lambda.in", "run.in"),
    "dev.txt": ("lambda.in", "run.in", "dev.in"),
    "cloud.txt": ("cloud.in",),
    "sam.txt": ("sam.in",),
    "uv.txt": ("uv.in",),
}
"""Each lock file, and the files that it is written from."""

FOR_DEVELOPERS = {"tools/screenshots.py"}
"""What `make run`, manage.py and a deployment do not import."""


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _pins(path: Path) -> set[str]:
    """Return the `name==version` of a file, without extras and markers."""
    pins = re.findall(r"^([\w.-]+)(?:\[.+?\])?==([^\s;]+)", path.read_text(), re.MULTILINE)
    return {f"{_plain(name)}=={is_pinned}" for name, is_pinned in pins}


def _imported(path: Path) -> set[str]:
    """Return the packages that a file imports, at any depth."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    modules = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in plain + modules}


def test_nothing_that_a_run_imports_is_installed_for_developers_alone():
    files = [ROOT / "app.py", ROOT / "manage.py"]
    for folder in ("chalicelib", "local", "tools"):
        files += [path for path in (ROOT / folder).rglob("*.py") if "snippets" not in path.parts]
    ours = [path for path in files if path.relative_to(ROOT).as_posix() not in FOR_DEVELOPERS]
    by_module = packages_distributions()

    imported = {module for path in ours for module in _imported(path)}

    needed = {_plain(name) for module in imported for name in by_module.get(module, [])[:1]}
    installed = {pin.partition("==")[0] for pin in _pins(FOLDER / "run.txt")}
    assert needed - installed == set()


@pytest.mark.parametrize("lock", NAMED_BY)
def test_a_lock_file_pins_what_is_named(lock):
    """If this fails, run `make lock`."""
    named = {pin for source in NAMED_BY[lock] for pin in _pins(FOLDER / source)}

    assert named - _pins(FOLDER / lock) == set()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_each_package_of_a_lock_file_has_a_hash_and_none_an_address(lock):
    entries = re.split(r"^(?=[a-z])", lock.read_text(), flags=re.MULTILINE)[1:]

    assert len(entries) >= len(_pins(lock)) > 0
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in lock.read_text()


def test_what_lambda_gets_is_what_a_run_has_and_what_is_tested():
    in_lambda, in_a_run, in_tests = (
        _pins(path) for path in (LOCKS[0], FOLDER / "run.txt", FOLDER / "dev.txt")
    )

    assert in_lambda < in_a_run < in_tests
