"""Write out/deployment.zip and out/sam.json, which CloudFormation deploys.

Chalice creates both from a clean copy of the sources; the other files of .chalice/ add to its
template what it cannot declare. Files that Lambda never opens are then left out of the zip, the
rest is compiled, and all is written in order and without times: the same sources give the same
bytes.
"""

import argparse
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from chalice.package import TemplateDeepMerger

from tools import elf
from tools.runtimes import RuntimeRefused, lifetime_words, own_runtime

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "out"
TEMPLATE = "sam.json"
ARCHIVE = "deployment.zip"
STAGES = tuple(json.loads((ROOT / ".chalice/config.json").read_text())["stages"])

_SOURCES = ("app.py", "chalicelib", "requirements.txt", ".chalice")
_NOT_SOURCES = shutil.ignore_patterns("__pycache__", "*.pyc", "deployed", "deployments", ".*")
# The services in use, and the files that botocore reads for every service.
_SERVICES = ("dynamodb", "sqs")
_BOTOCORE_DATA = re.compile(
    rf"botocore/data/(?:(?:{'|'.join(_SERVICES)})/.*(?:service-2|endpoint-rule-set-1|paginators-1)\.json|[^/]+\.json)"
)
_NEVER_OPENED = re.compile(
    r"""
    [^/]+\.(?:dist-info|data)/    # package metadata and command lines
    | (?:.*/)?(?:__pycache__|tests)/
    | .*\.(?:pyi|c|pyx|pxd)$
    | (?:.*/)?py\.typed$
    | botocore/cacert\.pem$       # certifi has one
    | (?:.*/)?(?:cli/|__main__\.py$)
    | (?:cffi|pycparser)/         # PyNaCl loads _cffi_backend alone
    | charset_normalizer/         # requests would load it to guess encodings, in a tenth of a start
    | botocore/(?:crt/auth|stub)\.py$
    | dateutil/(?:zoneinfo/|(?:easter|rrule|tzwin|utils|tz/win)\.py$)  # the time is UTC here
    | jinja2/(?:ext|meta|nativetypes|sandbox)\.py$
    | markdown_it/tree\.py$
    | nacl/(?:pwhash/|(?:hash|hashlib|secret)\.py$)
    | prometheus_client/(?:aiohttp|bridge|django|twisted)/
    | prometheus_client/(?:parser|openmetrics/parser)\.py$
    | urllib3/(?:contrib/|http2/connection\.py$)
    """,
    re.VERBOSE,
)
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o100644 << 16


def package(stage: str, out: Path = OUT) -> None:
    """Write the zip and the template of a stage into `out`.

    Raises:
        subprocess.CalledProcessError: Chalice failed; stderr says why.
        SystemExit: The stage names a file that is not in the zip.
    """
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        sources, made, tree = (Path(scratch) / name for name in ("sources", "made", "tree"))
        _copy_sources(sources)
        _run_chalice(stage, sources, made)
        _unpack(made / ARCHIVE, tree)
        _cut_endpoints(tree)
        _cut_models(tree)
        _cut_libraries(tree)
        _compile(tree)
        _require_bundles(made / TEMPLATE, tree)
        _pack(tree, out / ARCHIVE)
        shutil.copyfile(made / TEMPLATE, out / TEMPLATE)


def _copy_sources(to: Path) -> None:
    to.mkdir()
    for name in _SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, ignore=_NOT_SOURCES)
        else:
            shutil.copyfile(ROOT / name, to / name)


def _run_chalice(stage: str, sources: Path, made: Path) -> None:
    chalice = Path(sys.executable).with_name("chalice")
    merge = sources / "merge.json"
    merge.write_text(json.dumps(additions(sources / ".chalice", stage)))
    # Chalice needs a region only to spell the names of AWS's services.
    environment = {"AWS_DEFAULT_REGION": "us-east-1", **os.environ}
    subprocess.run(
        [
            chalice,
            "--project-dir",
            sources,
            "package",
            "--stage",
            stage,
            "--merge-template",
            merge,
            made,
        ],
        env=environment,
        check=True,
    )


def additions(folder: Path, stage: str) -> dict[str, Any]:
    """Return a stage's own template: all files of the folder in one.

    Stages differ by their `template_parameters` in config.json, which become the parameters'
    defaults.

    Raises:
        SystemExit: config.json gives a parameter that no file declares.
    """
    merged: dict[str, Any] = {}
    for path in sorted(folder.glob("*.json")):
        if path.name != "config.json" and not path.name.startswith("policy-"):
            merged = TemplateDeepMerger().merge(json.loads(path.read_text()), merged)
    config = json.loads((folder / "config.json").read_text())
    for name, value in config["stages"][stage].get("template_parameters", {}).items():
        if name not in merged.get("Parameters", {}):
            raise SystemExit(
                f"package: {name} of .chalice/config.json is no parameter of the template"
            )
        merged["Parameters"][name]["Default"] = value
    for resource in merged["Resources"].values():
        if resource.get("Type") == "AWS::CloudWatch::Dashboard":
            # A readable object; CloudFormation takes a text.
            body = resource["Properties"]["DashboardBody"]
            resource["Properties"]["DashboardBody"] = {"Fn::Sub": json.dumps(body)}
    return merged


def _unpack(archive: Path, tree: Path) -> None:
    with zipfile.ZipFile(archive) as whole:
        whole.extractall(tree, [name for name in whole.namelist() if _is_opened(name)])


def _cut_endpoints(tree: Path) -> None:
    # The list of all services' endpoints is 1.2 MB of JSON, which botocore reads before its
    # first call.
    path = tree / "botocore" / "data" / "endpoints.json"
    endpoints = json.loads(path.read_text())
    for partition in endpoints["partitions"]:
        partition["services"] = {name: partition["services"].get(name, {}) for name in _SERVICES}
    path.write_text(json.dumps(endpoints, separators=(",", ":")))


def _cut_models(tree: Path) -> None:
    # Four fifths of a service's description is documentation, and botocore reads all of it before
    # the first call.
    for path in (tree / "botocore" / "data").rglob("service-2.json.gz"):
        model = json.loads(gzip.decompress(path.read_bytes()), object_hook=_without_documentation)
        path.with_suffix("").write_text(json.dumps(model, separators=(",", ":")))
        path.unlink()


def _cut_libraries(tree: Path) -> None:
    # Nine tenths of libsodium, as PyNaCl brings it, are debug information.
    for path in tree.rglob("*.so"):
        path.write_bytes(elf.loaded_part(path.read_bytes()))


def _without_documentation(part: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in part.items()
        if name != "documentation" or not isinstance(value, str)
    }


def _compile(tree: Path) -> None:
    # /var/task is read-only, so that Lambda would compile every import again at each cold start:
    # 530 ms, not 180. The runtime is the Python that packages (Chalice's rule), so that the
    # bytecode fits.
    command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(tree), "-p", "/var/task", str(tree)]
    subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": "0"}, check=True)


def _require_bundles(template: Path, tree: Path) -> None:
    """Check that CA_BUNDLE is in the zip, which Lambda unpacks into /var/task."""
    for resource in json.loads(template.read_text())["Resources"].values():
        environment = resource.get("Properties", {}).get("Environment", {}).get("Variables", {})
        bundle = environment.get("CA_BUNDLE", "").removeprefix("/var/task/")
        # /opt holds the layers.
        if bundle and not bundle.startswith("/opt/") and not (tree / bundle).is_file():
            takes = "the path of a file in chalicelib/, such as chalicelib/authorities.pem"
            raise SystemExit(f"package: CA_BUNDLE={bundle!r} is not in the zip: it takes {takes}")


def _pack(tree: Path, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", compresslevel=9) as target:
        for path in sorted(path for path in tree.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(tree).as_posix(), _LONG_AGO)
            entry.external_attr = _READABLE
            target.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)


def _is_opened(name: str) -> bool:
    if name.startswith("botocore/data/"):
        return _BOTOCORE_DATA.match(name) is not None
    return _NEVER_OPENED.match(name) is None


def main() -> None:
    """Package the stage that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", default="dev", choices=STAGES)
    parser.add_argument("--out", type=Path, default=OUT, help="the folder to write into")
    asked = parser.parse_args()
    try:
        lasts = lifetime_words(own_runtime(), datetime.now(timezone.utc).date())
        package(asked.stage, asked.out)
    except RuntimeRefused as error:
        raise SystemExit(f"package: {error}") from error
    except subprocess.CalledProcessError as error:
        raise SystemExit(error.returncode) from error
    size = (asked.out / ARCHIVE).stat().st_size / 1e6
    print(f"{ARCHIVE}: {size:.1f} MB; {TEMPLATE}: stage {asked.stage}; both in {asked.out}")
    print(lasts)


if __name__ == "__main__":
    main()
