"""The package, made once for all tests that look at it."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.support.cloudformation import expand
from tools.package import ARCHIVE, ROOT, TEMPLATE

ONE_WORKER = pytest.mark.xdist_group("package")
"""One worker packages once; the others do something else meanwhile."""


@pytest.fixture(scope="session")
def out(tmp_path_factory) -> Path:
    """The folder that `make package` writes."""
    folder = tmp_path_factory.mktemp("out")
    subprocess.run(
        [sys.executable, "-m", "tools.package", "--stage", "dev", "--out", folder],
        cwd=ROOT,
        check=True,
    )
    return folder


@pytest.fixture(scope="session")
def newer(out, tmp_path_factory) -> Path:
    """A later release: its zip has one more file."""
    folder = tmp_path_factory.mktemp("newer")
    for name in (ARCHIVE, TEMPLATE):
        shutil.copy(out / name, folder)
    with zipfile.ZipFile(folder / ARCHIVE, "a") as archive:
        archive.writestr("chalicelib/newer.py", '"""New."""')
    return folder


@pytest.fixture(scope="session")
def template(out) -> dict[str, Any]:
    """What CloudFormation is given."""
    return json.loads((out / TEMPLATE).read_text())


@pytest.fixture(scope="session")
def resources(template) -> dict[str, Any]:
    """The template's resources."""
    return template["Resources"]


@pytest.fixture(scope="session")
def expanded(template) -> dict[str, Any]:
    """The template as AWS's own code expands it; no resource is of AWS::Serverless any more."""
    uploaded = json.loads(
        json.dumps(template).replace("./deployment.zip", "s3://bucket/deployment.zip")
    )
    return expand(uploaded)


@pytest.fixture(scope="session")
def unpacked(out, tmp_path_factory) -> Path:
    """The zip as Lambda unpacks it."""
    folder = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(out / ARCHIVE) as archive:
        archive.extractall(folder)
    return folder
