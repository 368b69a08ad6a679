"""`KANBOARD_NUMBERS=number`: numbers in the store are numbers in answers, as in PHP 8.1."""

import asyncio
import re

import pytest

from tests.support.kanboard_client import QuickClient
from tests.support.kanboard_keys import ABSENT, FALSE_FLAGS, PLAIN, READS, fill, leaves
from tests.support.local_run import LocalRun, wait_until

pytestmark = pytest.mark.xdist_group("clients")

NEEDS = {
    "getTaskTags": {"task_id": 1},
    "getProjectUsers": {"project_id": 1},
    "getAssignableUsers": {"project_id": 1},
    "getProjectUserRole": {"project_id": 1, "user_id": 1},
    "isActiveUser": {"user_id": 1},
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What each read answers the administrator of one of everything, by its name."""
    data = tmp_path_factory.mktemp("numbers")
    with LocalRun(data, store="memory", environ={"KANBOARD_NUMBERS": "number"}) as run:
        loop = asyncio.new_event_loop()
        ask = QuickClient(
            f"{run.url}/jsonrpc.php", "admin", run.ready["admin_password"], loop=loop
        ).execute
        fill(ask)
        wait_until(lambda: len(ask("getProjectActivity", project_id=1)) == 2)
        asked = (
            {name: parameters for name, (_, parameters) in READS.items()}
            | {name: {} for name in PLAIN}
            | NEEDS
        )
        asked |= {name: parameters for name, (parameters, _) in ABSENT.items()}
        yield {name: ask(name, **parameters) for name, parameters in asked.items()}
        loop.close()


def test_no_answer_shows_a_number_as_a_text(answers):
    texts = {path: value for path, value in leaves(answers) if isinstance(value, str)}

    assert {
        path: text for path, text in texts.items() if re.fullmatch(r"-?\d+(\.\d+)?", text)
    } == {}


def test_what_is_a_text_by_default_is_a_number(answers):
    task, event = answers["getTask"], answers["getProjectActivity"][0]

    named = (
        "id",
        "project_id",
        "column_id",
        "swimlane_id",
        "owner_id",
        "category_id",
        "position",
        "is_active",
        "score",
    )
    assert [task[name] for name in named] == [1, 1, 1, 1, 1, 1, 1, 1, 3]
    assert task["date_due"] == 1577836800
    assert (event["task_id"], event["task"]["score"]) == (1, 3)
    assert 0 < event["id"] < 2**53
    assert (task["date_completed"], task["recurrence_parent"]) == (None, None)


def test_a_false_flag_is_a_number_too(answers):
    flags = [value for path, value in leaves(answers) if path.rpartition(".")[2] in FALSE_FLAGS]

    assert {type(value) for value in flags} == {int, bool}
    assert not any(flags)
