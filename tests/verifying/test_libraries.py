"""The libraries at hand do what docs/verifying.md says; tests/verifying/run.sh tries the others."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.verifying import cases, tables
from tools.package import ROOT

PROGRAMS = Path(__file__).parent / "programs"
JAVASCRIPT = ROOT / ".venv/verifiers"

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("local runs")]


@pytest.fixture(scope="module")
def tried(tmp_path_factory) -> Path:
    """A file of what a local run has sent just now, and of changes to it."""
    folder = tmp_path_factory.mktemp("verifying")
    found = cases.cases(*cases.sent_by_taskhook(folder / "data"))
    (folder / "cases.json").write_text(json.dumps([case.as_json() for case in found]))
    return folder / "cases.json"


def outcomes_of(*command: str | Path, cwd: Path = ROOT) -> tables.Outcomes:
    ran = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True)
    return tables.outcomes_of([ran.stdout])


def test_the_libraries_for_python_do_what_the_document_says(tried):
    found = outcomes_of(sys.executable, PROGRAMS / "verify.py", tried)

    for name in ("standardwebhooks", "cloudevents"):
        library = f"Python: {name} {version(name)}"
        assert found[library] == tables.documented(library)


@pytest.mark.skipif(not JAVASCRIPT.exists(), reason="npm did not install the libraries")
def test_the_libraries_for_javascript_do_what_the_document_says(tried):
    found = outcomes_of("node", PROGRAMS / "verify.mjs", tried, cwd=JAVASCRIPT)

    assert len(found) == 3
    assert found == {library: tables.documented(library) for library in found}
