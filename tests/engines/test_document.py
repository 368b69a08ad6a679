"""docs/engines.md has a line for each engine test, and names the engines that differ."""

import re
from importlib.metadata import version
from types import ModuleType
from typing import Any

from tests.engines import test_items, test_streams
from tests.support.engine import ENGINES
from tests.support.local_run import ROOT

DOCUMENT = (ROOT / "docs/engines.md").read_text()
LINES = [
    [cell.strip() for cell in line.split("|")[1:-1]]
    for line in DOCUMENT.splitlines()
    if line.startswith("| `")
]


def stated_in(*modules: ModuleType) -> dict[str, dict[str, Any]]:
    tests = {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if hasattr(value, "answers")
    }
    return {name: test.answers for name, test in tests.items()}


def test_each_line_is_a_test_and_each_test_has_a_line():
    names = [line[0].strip("`") for line in LINES]

    assert names == list(stated_in(test_streams, test_items))


def test_an_engine_is_said_to_be_as_dynamodb_where_its_test_expects_that():
    said = {line[0].strip("`"): [cell == "=" for cell in line[2:5]] for line in LINES}

    assert said == {
        name: [answers[engine] == answers["dynamodb"] for engine in ENGINES]
        for name, answers in stated_in(test_streams, test_items).items()
    }


def test_each_line_names_code_that_is_there():
    named = [re.findall(r"`([a-z_/]+\.py)`", line[5]) for line in LINES]

    assert all(named)
    assert [path for paths in named for path in paths if not (ROOT / path).exists()] == []


def test_the_versions_are_those_that_are_installed():
    [dynoxide] = re.findall(r"@dynoxide/linux-x64@(\S+)", (ROOT / "Makefile").read_text())
    [ministack] = re.findall(
        r"^ministack==(\S+)", (ROOT / "requirements/cloud.in").read_text(), re.MULTILINE
    )

    said = re.findall(r"(moto|dynoxide|MiniStack) (\d\S+?)[\s,]", DOCUMENT)
    assert said == [("moto", version("moto")), ("dynoxide", dynoxide), ("MiniStack", ministack)]
