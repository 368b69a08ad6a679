"""The zip: what Lambda opens, and no more."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from chalicelib.domain.presets import PRESETS
from tests.deployment.conftest import ONE_WORKER
from tests.support.stack_names import FUNCTIONS
from tools import package
from tools.package import ARCHIVE, ROOT, TEMPLATE

pytestmark = ONE_WORKER


@pytest.fixture(scope="module")
def names(out) -> list[str]:
    with zipfile.ZipFile(out / ARCHIVE) as archive:
        return archive.namelist()


def test_the_zip_has_at_most_6_mb(out):
    assert (out / ARCHIVE).stat().st_size <= 6_000_000


def test_the_zip_holds_the_application_and_what_it_imports_and_no_more(names):
    top = {
        re.split(r"/|\.cpython-", name)[0] for name in names if not name.startswith("__pycache__/")
    }

    assert top == {
        *("app.py", "chalicelib", "chalice", "_cffi_backend"),
        *("botocore", "certifi", "dateutil", "idna", "jmespath"),
        *(
            "itsdangerous",
            "jinja2",
            "markdown_it",
            "markupsafe",
            "mdurl",
            "multipart.py",
            "nacl",
            "prometheus_client",
            "pynamodb",
            "requests",
            "six.py",
            "urllib3",
        ),
    }
    assert [
        name for name in names if re.match(r"chalice/(?!app\.py|__init__\.py|__pycache__/)", name)
    ] == []
    unused = r"(^|/)(tests?|cli|contrib)/|\.dist-info/|\.pyi$|/__main__\."
    assert [name for name in names if re.search(unused, name)] == []


EVERY_MODULE = """
import importlib, pkgutil, sys
sys.path.insert(0, sys.argv[1])
import app, chalicelib
for module in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
    importlib.import_module(module.name)
from botocore.session import get_session
for service in ("dynamodb", "sqs"):
    get_session().create_client(service, region_name="eu-north-1")
"""


def test_without_a_warning_the_zip_alone_holds_all_that_its_modules_import(out, tmp_path):
    with zipfile.ZipFile(out / ARCHIVE) as archive:
        archive.extractall(tmp_path)

    ran = subprocess.run(
        [sys.executable, "-E", "-S", "-W", "error", "-c", EVERY_MODULE, tmp_path],
        cwd=tmp_path,
        env={**os.environ, "_HANDLER": "app.app", "RETRY_QUEUE_URL": "http://127.0.0.1/1/retries"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stderr) == (0, "")


def test_the_zip_holds_a_file_for_each_preset(names):
    files = {name for name in names if name.startswith("chalicelib/presets/")}

    assert files == {f"chalicelib/presets/{name}.json" for name in PRESETS}


def test_of_botocores_data_the_zip_holds_two_services(names):
    services = {name.split("/")[2] for name in names if re.match("botocore/data/[^/]+/", name)}

    assert services == {"dynamodb", "sqs"}


def test_every_module_in_the_zip_is_compiled_for_the_runtime_that_the_template_names(
    names, resources
):
    sources = {name for name in names if name.endswith(".py")}
    runtime = resources["APIHandler"]["Properties"]["Runtime"]
    tag = "cpython-" + runtime.removeprefix("python").replace(".", "")

    compiled = {
        re.sub(rf"__pycache__/([^/]+)\.{tag}\.pyc$", r"\1.py", name)
        for name in names
        if name.endswith("c")
    }

    assert compiled == sources


def test_the_zip_says_nothing_of_when_it_was_made(out, names):
    with zipfile.ZipFile(out / ARCHIVE) as archive:
        times = {entry.date_time for entry in archive.infolist()}

    assert times == {(1980, 1, 1, 0, 0, 0)}
    assert names == sorted(names)


SIGN = """
import sys
sys.path.insert(0, sys.argv[1])
from nacl.signing import SigningKey
import markupsafe._speedups
print(SigningKey(bytes.fromhex(sys.argv[2])).sign(b"").signature.hex())
"""
"""Test 1 of RFC 8032, section 7.1: an empty message. Without site-packages all is the zip's."""


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the zip's compiled code is for x86_64")
def test_the_compiled_code_in_the_zip_works_without_what_was_cut_from_it(out, tmp_path):
    seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
    with zipfile.ZipFile(out / ARCHIVE) as archive:
        archive.extractall(tmp_path)

    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", SIGN, tmp_path, seed],
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.stdout.strip() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b"
    )


MACHINES = {"x86_64": 0x3E, "arm64": 0xB7}
"""How the head of an ELF file names the machine that it is for."""


@pytest.fixture(scope="module")
def out_on_arm(tmp_path_factory) -> Path:
    """The folder that `make package` writes where the stage asks for Arm."""
    sources, folder = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("arm")
    for name in ("chalicelib", ".chalice"):
        shutil.copytree(ROOT / name, sources / name)
    for name in ("app.py", "requirements.txt"):
        shutil.copyfile(ROOT / name, sources / name)
    config = json.loads((sources / ".chalice/config.json").read_text())
    config["stages"]["dev"]["lambda_architecture"] = "arm64"
    (sources / ".chalice/config.json").write_text(json.dumps(config))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(package, "ROOT", sources)
        package.package("dev", folder)
    return folder


def _compiled_for(folder: Path) -> set[int]:
    """Return the machines that the compiled code in a zip is for."""
    with zipfile.ZipFile(folder / ARCHIVE) as archive:
        heads = [archive.read(name)[:20] for name in archive.namelist() if name.endswith(".so")]
    assert all(head.startswith(b"\x7fELF") for head in heads)
    return {int.from_bytes(head[18:20], "little") for head in heads}


def _architectures(folder: Path) -> list[list[str]]:
    resources = json.loads((folder / TEMPLATE).read_text())["Resources"]
    return [resources[name]["Properties"]["Architectures"] for name in FUNCTIONS]


def test_compiled_code_is_for_the_machine_that_the_template_names(out, out_on_arm):
    default, arm = _architectures(out), _architectures(out_on_arm)

    assert (default, arm) == ([["x86_64"]] * 4, [["arm64"]] * 4)
    assert _compiled_for(out) == {MACHINES["x86_64"]}
    assert _compiled_for(out_on_arm) == {MACHINES["arm64"]}


def test_the_zips_of_both_machines_differ_in_their_compiled_code_alone(names, out_on_arm):
    with zipfile.ZipFile(out_on_arm / ARCHIVE) as archive:
        on_arm = archive.namelist()

    assert [name.replace("aarch64", "x86_64") for name in on_arm] == names
