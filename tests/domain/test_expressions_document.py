"""docs/expressions.md: each of its lines is evaluated."""

import json
import re
from pathlib import Path

import pytest

from chalicelib.domain.errors import ExpressionRefused
from chalicelib.domain.expressions import compile_expression
from chalicelib.domain.jmes.functions import Functions
from chalicelib.domain.templates import compile_template
from tests.support.jmespath_texts import OURS

DOCUMENT = (Path(__file__).parents[2] / "docs/expressions.md").read_text()
LINES = re.findall(r"^(.+?) +→ (.+)$", DOCUMENT, re.MULTILINE)
REFUSED = [line for line in LINES if line[1].startswith("column")]


def block(kind):
    [text] = re.findall(rf"```json{kind}\n(.*?)```", DOCUMENT, re.DOTALL)
    return json.loads(text)


@pytest.mark.parametrize(("text", "result"), [line for line in LINES if line not in REFUSED])
def test_an_expression_gives_what_the_document_says(text, result):
    assert compile_expression(text).search(block("")) == json.loads(result)


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_a_mistake_is_refused_as_the_document_says(text, message):
    with pytest.raises(ExpressionRefused) as refused:
        compile_expression(text)

    assert str(refused.value) == message


def test_a_template_makes_what_the_document_says():
    assert compile_template(block(" template")).render(block("")) == block(" rendered")


def test_each_function_of_ours_is_in_the_document():
    shown = set(re.findall(r"^(\w+)\(", DOCUMENT, re.MULTILINE))

    assert set(Functions.FUNCTION_TABLE) >= OURS
    assert shown >= OURS
