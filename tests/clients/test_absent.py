"""Reads of what Taskhook lacks answer as an empty Kanboard; writes there are errors."""

import pytest

from tests.clients.conftest import error_answer
from tests.support.kanboard_keys import ABSENT

pytestmark = pytest.mark.xdist_group("clients")


def test_what_is_absent_is_read_as_empty(application):
    answers = {
        name: application.execute(name, **parameters) for name, (parameters, _) in ABSENT.items()
    }

    assert answers == {name: answer for name, (_, answer) in ABSENT.items()}


def test_what_is_absent_is_not_written(application, task_id):
    writes = {
        "createSubtask": {"task_id": task_id, "title": "First"},
        "createTaskFile": {
            "project_id": 1,
            "task_id": task_id,
            "filename": "x.txt",
            "blob": "eA==",
        },
        "createTaskLink": {"task_id": task_id, "opposite_task_id": task_id, "link_id": 1},
        "saveTaskMetadata": {"task_id": task_id, "values": {"x": "y"}},
        "createGroup": {"name": "All"},
        "addSwimlane": {"project_id": 1, "name": "Second"},
    }

    for method, parameters in writes.items():
        with error_answer("Method not found"):
            application.execute(method, **parameters)


def test_a_stranger_reads_nothing_of_a_project(board, person):
    for method in ("getAllProjectFiles", "getProjectMetadata", "getActions"):
        with error_answer("403"):
            person.client.execute(method, project_id=board.id)
