"""Projects."""

import pytest

from tests.clients.conftest import error_answer
from tests.support import documented

pytestmark = pytest.mark.xdist_group("clients")

FULL = {
    "description": "All of it",
    "identifier": "FULL",
    "owner_id": "1",
    "start_date": "2026-01-01",
    "end_date": "2026-12-31",
}


@pytest.fixture
def full(application):
    number = application.create_project(
        name="Full", **{**FULL, "identifier": "full", "owner_id": 1}
    )
    yield number
    application.remove_project(project_id=number)


def test_a_project_is_found_by_id_name_and_identifier(application, run, full):
    found = [
        application.get_project_by_id(project_id=full),
        application.get_project_by_name(name="Full"),
        application.get_project_by_identifier(identifier="full"),
        application.get_project_by_identifier(identifier="FULL"),
    ]

    assert found == [documented.project(run.url, full, name="Full", **FULL)] * 4


def test_all_projects_are_listed(application, run, board, full):
    first, *others = application.get_all_projects()

    assert first == documented.project(
        run.url, 1, name="My project", last_modified=first["last_modified"]
    )
    assert others == [
        documented.project(run.url, board.id),
        documented.project(run.url, full, name="Full", **FULL),
    ]


def test_a_project_is_changed(application, run, board):
    changed = application.update_project(
        project_id=board.id, name="Full", **{**FULL, "owner_id": 1}
    )

    assert changed is True
    assert application.get_project_by_id(project_id=board.id) == documented.project(
        run.url, board.id, name="Full", **FULL
    )


def test_what_is_not_given_of_a_project_stays(application, run, full):
    changed = application.update_project(project_id=full, name="Other")

    assert changed is True
    assert application.get_project_by_id(project_id=full) == documented.project(
        run.url, full, name="Other", **FULL
    )


def test_a_project_that_is_disabled_takes_no_tasks(application, run, board):
    disabled = application.disable_project(project_id=board.id)
    shown = application.get_project_by_id(project_id=board.id)
    refused = application.create_task(title="Write", project_id=board.id)
    enabled = application.enable_project(project_id=board.id)
    taken = application.create_task(title="Write", project_id=board.id)

    assert (disabled, refused, enabled) == (True, False, True)
    assert shown == documented.project(run.url, board.id, is_active=0)
    assert isinstance(taken, int)


def test_a_project_is_removed_with_its_tasks(application, board, task_id):
    removed = (
        application.remove_project(project_id=board.id),
        application.remove_project(project_id=board.id),
    )

    assert removed == (True, False)
    assert application.get_project_by_id(project_id=board.id) is None
    assert application.get_task(task_id=task_id) is None


def test_projects_that_cannot_be_are_refused(application, run, board, full):
    answers = [
        application.create_project(name=" "),
        application.create_project(name="Twin", identifier="full"),
        application.create_project(name="Odd", identifier="not a word"),
        application.create_project(name="Whose", owner_id=999),
        application.update_project(project_id=board.id, identifier="full"),
        application.update_project(project_id=999, name="Nothing"),
        application.enable_project(project_id=999),
        application.disable_project(project_id=999),
    ]

    assert answers == [False] * 8
    assert application.get_all_projects()[1:] == [
        documented.project(run.url, board.id),
        documented.project(run.url, full, name="Full", **FULL),
    ]


def test_what_is_not_there_is_null_by_its_id_and_false_by_its_name(application):
    answers = [
        application.get_project_by_id(project_id=999),
        application.get_project_by_name(name="Nothing"),
        application.get_project_by_identifier(identifier="NOTHING"),
    ]

    assert answers == [None, False, False]


def test_a_manager_creates_projects_and_a_user_does_not(application, run, person):
    with error_answer("403"):
        person.client.create_project(name="Board")
    application.update_user(id=person.id, role="app-manager")
    number = person.client.create_project(name="Board")

    shown = person.client.get_project_by_id(project_id=number)
    role = person.client.get_project_user_role(project_id=number, user_id=person.id)
    person.client.remove_project(project_id=number)
    assert shown == documented.project(run.url, number, owner_id=str(person.id))
    assert role == "project-manager"
