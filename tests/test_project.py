"""What the repository says of itself in several places is the same in all of them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import chalicelib
from tests.support.table_changes import tables_of
from tools.runtimes import LIFETIMES

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = (ROOT / "pyproject.toml").read_text()
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
KINDS = ["Tables", "Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
"""Keep a Changelog's, and our own for what an upgrade must be prepared for."""


def test_the_version_is_that_of_the_package():
    assert re.findall('^version = "(.+)"$', PYPROJECT, re.MULTILINE) == [chalicelib.__version__]


def test_the_workflow_runs_all_checks_on_the_oldest_and_the_newest_python():
    [oldest] = re.findall('^requires-python = ">=(.+)"$', PYPROJECT, re.MULTILINE)
    newest = list(LIFETIMES)[-1].removeprefix("python")

    workflow = (ROOT / ".github/workflows/test.yml").read_text()

    assert f'python: ["{oldest}", "{newest}"]' in workflow
    assert workflow.endswith("\n      - run: .ci/run\n")


def test_the_changelog_begins_with_what_is_unreleased_and_dates_the_rest():
    first, *others = re.findall("^## (.+)$", CHANGELOG, re.MULTILINE)

    assert first == "[Unreleased]"
    assert [
        name for name in others if not re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", name)
    ] == []


def test_the_changelog_has_known_headings_in_one_order_and_none_without_an_entry():
    for release in CHANGELOG.split("\n## ")[1:]:
        sections = dict(re.findall(r"^### (.+)\n\n((?:.+\n)*)", release + "\n", re.MULTILINE))

        assert list(sections) == [kind for kind in KINDS if kind in sections]
        assert [kind for kind, entries in sections.items() if not entries.startswith("* ")] == []


def test_a_change_of_tables_since_the_last_release_stands_under_tables():
    released = json.loads((ROOT / "tests/deployment/released_tables.json").read_text())
    resources = json.loads((ROOT / ".chalice/resources.json").read_text())["Resources"]
    typed = {name: resource for name, resource in resources.items() if "Type" in resource}
    now = tables_of({"Resources": typed})

    unreleased = CHANGELOG.split("\n## ")[1]

    assert now == released or "\n### Tables\n" in unreleased


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", ".github/pull_request_template.md"])
def test_a_document_for_contributors_names_no_target_that_make_does_not_have(document):
    targets = set(re.findall("^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    named = set(re.findall("`make ([a-z-]+)`", (ROOT / document).read_text()))

    assert named - targets == set()


def test_the_command_that_runs_one_test_finds_it():
    command = r"\.venv/bin/pytest (tests/\S+\.py) -k (\w+)"
    [(file, word)] = re.findall(command, (ROOT / "CONTRIBUTING.md").read_text())

    assert re.findall(rf"^def test_\w*{word}", (ROOT / file).read_text(), re.MULTILINE) != []


def test_no_program_that_tests_start_compiles_taskhook_again():
    program = [sys.executable, "-c", "import sys; print(sys.dont_write_bytecode)"]

    assert subprocess.check_output(program, text=True) == "False\n"
