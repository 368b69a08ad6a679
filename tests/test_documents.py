"""The documents: their links lead somewhere, and what they say of the code is so."""

import importlib.util
import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from chalicelib import config
from tests.support.local_run import ROOT
from tools.command_line import parse

DOCUMENTS = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not any(
        part.startswith(".") or part in {"out", "node_modules"}
        for part in path.parts[len(ROOT.parts) :]
    )
)
OUTSIDE = re.compile(r"[a-z]+:")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def prose(path: Path) -> str:
    """Return a document without its blocks of code."""
    return re.sub(r"^```.*?^```", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)


def anchor_of(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    shown = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")


def anchors(path: Path) -> set[str]:
    return {
        anchor_of(heading.strip())
        for heading in re.findall(r"^#+ (.*)$", prose(path), re.MULTILINE)
    }


def dead_links(path: Path) -> list[str]:
    links = re.findall(r"\]\(([^)\s]+)\)", prose(path))
    return [link for link in links if not OUTSIDE.match(link) and not leads_somewhere(path, link)]


def leads_somewhere(path: Path, link: str) -> bool:
    file, _, anchor = unquote(link).partition("#")
    target = (path.parent / file).resolve() if file else path
    return target.exists() and (not anchor or anchor in anchors(target))


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_every_link_leads_to_a_file_and_an_anchor_that_exist(path):
    assert dead_links(path) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_every_file_that_a_document_names_exists(path):
    named = re.findall(
        r"`((?:chalicelib|local|tools|bench|tests|findings|\.chalice)/[\w./-]*)`", path.read_text()
    )

    assert [file for file in named if not (ROOT / file).exists()] == []


def test_every_document_is_in_the_table_of_contents():
    contents = ROOT / "docs/README.md"
    linked = {
        (contents.parent / link).resolve()
        for link in re.findall(r"\]\(([^)#]+)\)", contents.read_text())
    }
    decisions = ROOT / "docs/decisions/README.md"
    linked |= {
        (decisions.parent / link).resolve()
        for link in re.findall(r"\]\(([^)#]+)\)", decisions.read_text())
    }

    assert {name(path) for path in ROOT.glob("docs/**/*.md")} - {name(path) for path in linked} == {
        "docs/README.md"
    }


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/decisions/[a-z]*.md")), ids=name)
def test_a_decision_has_context_decision_consequence_and_what_was_measured(path):
    assert re.findall(r"^## (.*)$", prose(path), re.MULTILINE) == [
        "Context",
        "Decision",
        "Consequence",
        "Measured",
    ]


def test_every_picture_is_shown_in_a_document():
    shown = {
        name((path.parent / link).resolve())
        for path in DOCUMENTS
        for link in re.findall(r"!\[[^]]*\]\(([^)]+)\)", path.read_text())
    }

    assert {name(path) for path in (ROOT / "docs/img").iterdir()} == shown


def test_every_table_and_index_is_in_the_architecture():
    template = json.loads((ROOT / ".chalice/resources.json").read_text())["Resources"]
    page = (ROOT / "docs/architecture.md").read_text()
    there = set()
    for resource in template.values():
        if resource.get("Type") == "AWS::DynamoDB::Table":
            properties = resource["Properties"]
            table = properties["TableName"]["Fn::Sub"].removeprefix("${AWS::StackName}-")
            kinds = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
            indexes = [index for kind in kinds for index in properties.get(kind, [])]
            there |= {(table, *keys_of(properties))}
            there |= {(f"{table}.{index['IndexName']}", *keys_of(index)) for index in indexes}

    tables = re.findall(r"^\| `(\w+)`: ((?:`\w+`(?:, )?)+) \|", page, re.MULTILINE)
    indexes = re.findall(r"^\| `(\w+\.\w+)` \| ((?:`\w+`(?:, )?)+) \|", page, re.MULTILINE)
    assert {(name, *re.findall(r"\w+", keys)) for name, keys in tables + indexes} == there


def keys_of(table_or_index: Mapping[str, Any]) -> list[str]:
    return [key["AttributeName"] for key in table_or_index["KeySchema"]]


def commands() -> list[str]:
    """Return the lines of all blocks of shell commands, without remarks."""
    blocks = [
        block
        for path in DOCUMENTS
        for block in re.findall(
            r"^```bash.*?\n(.*?)^```", path.read_text(), re.DOTALL | re.MULTILINE
        )
    ]
    return [line for block in blocks for line in block.splitlines()]


def test_every_make_target_that_a_document_names_exists():
    targets = re.findall(r"^([\w-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = {
        target
        for path in DOCUMENTS
        for target in re.findall(r"(?:^|`)make ([a-z][a-z-]*)", path.read_text(), re.MULTILINE)
    }

    assert named - set(targets) == set()


IN_VENV = "chalice|codespell|deptry|lint-imports|mypy|pip|pytest|python|ruff|taskhook"


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_no_command_needs_an_activated_environment(path):
    text = path.read_text()
    blocks = re.findall(r"^```bash.*?\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    found = re.findall(rf"^(?:{IN_VENV}) .*$", "".join(blocks), re.MULTILINE)
    found += re.findall(r"`python -m [^`]*`", text)
    if "taskhook() {" in text or "/.venv/bin/taskhook" in text:  # the page has a shell find it
        found = [line for line in found if not line.startswith("taskhook ")]

    assert found == []


def test_every_module_that_a_command_runs_exists():
    named = {module for line in commands() for module in re.findall(r"python3? -m ([\w.]+)", line)}

    assert {module for module in named if importlib.util.find_spec(module) is None} == set()


@pytest.mark.parametrize(
    "line",
    sorted(
        {
            line
            for line in commands()
            if re.search(r"manage\.py [^\"]|\b(?:manage|taskhook) (?:--local )?[a-z]", line)
            and "$@" not in line
            and "eval" not in line
        }
    ),
)
def test_every_command_of_the_command_line_is_taken(line):
    words = shlex.split(
        re.sub(
            r"\s[|>].*|\[[^]]*\]", "", re.sub(r".*?(manage\.py|\bmanage|\btaskhook) ", "", line)
        ),
        comments=True,
    )

    assert parse(words).command


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120


class Asked(dict[str, str]):
    """An environment in which nothing is set; it keeps the defaults it is asked for."""

    def get(self, key: str, default: Any = None, /) -> Any:
        self[key] = default
        return default


def test_every_variable_is_documented_with_its_default():
    asked = Asked()
    page = (ROOT / "docs/configuration.md").read_text()

    config.load(asked)

    said = re.findall(r"^\| `([A-Z_]+)` \| (.*?) \|", page, re.MULTILINE)
    assert {
        variable: "" if default == "empty" else default.strip("`") for variable, default in said
    } == asked
