"""The zip: what Lambda opens, and no more."""

import re
import zipfile

import pytest

from tests.deployment.conftest import ONE_WORKER
from tools.package import ARCHIVE

pytestmark = ONE_WORKER


@pytest.fixture(scope="module")
def names(out) -> list[str]:
    with zipfile.ZipFile(out / ARCHIVE) as archive:
        return archive.namelist()


def test_the_zip_has_at_most_6_mb(out):
    assert (out / ARCHIVE).stat().st_size <= 6_000_000


def test_the_zip_holds_the_application_and_what_it_imports_and_no_more(names):
    top = {name.partition("/")[0] for name in names if not name.startswith("__pycache__/")}

    assert top == {
        *("app.py", "chalicelib", "chalice"),
        *("boto3", "botocore", "certifi", "charset_normalizer", "dateutil", "idna", "jmespath"),
        *(
            "itsdangerous",
            "jinja2",
            "markupsafe",
            "multipart.py",
            "pynamodb",
            "requests",
            "s3transfer",
            "six.py",
            "urllib3",
        ),
    }
    assert [name for name in names if re.match(r"chalice/(?!app\.py|__init__\.py|__pycache__/)", name)] == []
    assert [name for name in names if re.search(r"(^|/)tests?/|\.dist-info/|\.pyi$", name)] == []


def test_of_botocores_data_the_zip_holds_two_services(names):
    services = {name.split("/")[2] for name in names if re.match("botocore/data/[^/]+/", name)}

    assert services == {"dynamodb", "sqs"}


def test_every_module_in_the_zip_is_compiled_for_the_runtime_that_the_template_names(names, resources):
    sources = {name for name in names if name.endswith(".py")}
    runtime = resources["APIHandler"]["Properties"]["Runtime"]
    tag = "cpython-" + runtime.removeprefix("python").replace(".", "")

    compiled = {re.sub(rf"__pycache__/([^/]+)\.{tag}\.pyc$", r"\1.py", name) for name in names if name.endswith("c")}

    assert compiled == sources


def test_the_zip_says_nothing_of_when_it_was_made(out, names):
    with zipfile.ZipFile(out / ARCHIVE) as archive:
        times = {entry.date_time for entry in archive.infolist()}

    assert times == {(1980, 1, 1, 0, 0, 0)}
    assert names == sorted(names)
