"""Python's libraries do what docs/verifying.md says; tests/verifying/run.sh tries the others."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.verifying import cases, tables

VERIFY = Path(__file__).parent / "programs/verify.py"

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("local runs")]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory) -> tables.Outcomes:
    """What the libraries that are installed here make of each case."""
    folder = tmp_path_factory.mktemp("verifying")
    found = cases.cases(*cases.sent_by_taskhook(folder / "data"))
    (folder / "cases.json").write_text(json.dumps([case.as_json() for case in found]))
    ran = subprocess.run(
        [sys.executable, VERIFY, folder / "cases.json"], capture_output=True, text=True, check=True
    )
    return tables.outcomes_of([ran.stdout])


@pytest.mark.parametrize("name", ["standardwebhooks", "cloudevents"])
def test_a_library_for_python_does_what_the_document_says(outcomes, name):
    library = f"Python: {name} {version(name)}"

    assert outcomes[library] == tables.documented(library)
