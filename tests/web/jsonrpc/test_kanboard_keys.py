"""Every key of Kanboard's answers is here, with numbers as its documentation shows."""

import re

import pytest

from chalicelib.services.tasks import lifecycle
from chalicelib.web.jsonrpc import PROCEDURES
from tests.support.http_calls import ADMIN, result
from tests.support.kanboard_keys import (
    ABSENT,
    FALSE_FLAGS,
    KEYS,
    PLAIN,
    READS,
    fill,
    leaves,
    shapes_in,
)
from tests.support.local_run import ROOT

OWN_READS = {"getEndpoints", "getDeliveries", "getSources"}

COUNTED = {
    "nb_tasks",
    "score",
    "nb_visible_tasks_across_swimlane",
    "cumulative_score_across_swimlane",
}
"""What Kanboard itself counts of a board, as numbers always."""


@pytest.fixture
def answers(cloud):
    """What each read answers the administrator, of one of everything."""
    fill(lambda method, **params: result(method, params, ADMIN))
    cloud.pump()
    return {method: result(method, params, ADMIN) for method, (_, params) in READS.items()}


def test_the_table_names_every_read():
    reads = {
        name for name in PROCEDURES if name.startswith(("get", "search", "is", "has", "download"))
    }

    assert reads == READS.keys() | ABSENT.keys() | PLAIN | OWN_READS


def test_the_documentation_names_every_procedure():
    words = set(re.findall(r"\w+", (ROOT / "docs" / "api.md").read_text()))

    assert PROCEDURES.keys() - words == set()


def test_no_answer_lacks_a_key_that_kanboard_gives(answers):
    shown = [
        pair for method, (shape, _) in READS.items() for pair in shapes_in(shape, answers[method])
    ]

    assert {shape for shape, _ in shown} == set(KEYS)
    assert [
        (shape, sorted(KEYS[shape] - keys)) for shape, keys in shown if KEYS[shape] - keys
    ] == []


def test_a_number_that_the_store_holds_is_a_text(answers):
    shown = {path for path, value in leaves(answers) if type(value) is int}

    of_a_board = {
        f".getBoard.{name}" for name in ("id", "nb_swimlanes", "nb_columns", "nb_tasks", "score")
    }
    of_its_columns = {f".getBoard.columns.{name}" for name in COUNTED}
    others = {
        path
        for path in shown
        if path.rpartition(".")[2] not in FALSE_FLAGS and ".changes." not in path
    }
    assert others == of_a_board | of_its_columns | {".getMe.id"}


def test_a_false_flag_is_no_text_that_some_take_for_true(answers):
    false = {
        path: value for path, value in leaves(answers) if path.rpartition(".")[2] in FALSE_FLAGS
    }

    assert {path.rpartition(".")[2] for path in false} == FALSE_FLAGS
    assert {str(value) for value in false.values()} == {"0", "False"}
    assert not any(false.values())


@pytest.mark.usefixtures("cloud")
def test_what_is_closed_or_disabled_is_a_false_flag():
    lifecycle.create_task({"title": "x"})

    ended = [result(method, [1]) for method in ("closeTask", "disableProject")]
    shown = [result(method, [1])["is_active"] for method in ("getTask", "getProjectById")]

    assert (ended, shown) == ([True, True], [0, 0])
