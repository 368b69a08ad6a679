"""Who belongs to a project, and what has happened in it."""

import pytest

from tests.clients.conftest import error_answer
from tests.support.documented import RECENT
from tests.support.local_run import wait_until

pytestmark = pytest.mark.xdist_group("clients")

ROLES = ("project-manager", "project-member", "project-viewer")


def test_a_user_is_added_to_a_project(application, board, person):
    added = application.add_project_user(project_id=board.id, user_id=person.id)

    assert added is True
    assert application.get_project_users(project_id=board.id) == {str(person.id): person.name}
    assert (
        application.get_project_user_role(project_id=board.id, user_id=person.id)
        == "project-member"
    )
    assert person.client.get_all_tasks(project_id=board.id, status_id=1) == []


def test_viewers_are_no_assignees(application, board, person):
    application.add_project_user(project_id=board.id, user_id=person.id, role="project-viewer")
    application.add_project_user(project_id=board.id, user_id=1)

    plain = application.get_assignable_users(project_id=board.id)
    longer = application.get_assignable_users(project_id=board.id, prepend_unassigned=True)

    assert plain == {"1": "admin"}
    assert longer == {"0": "Unassigned", "1": "admin"}
    assert application.get_project_users(project_id=board.id) == {
        "1": "admin",
        str(person.id): person.name,
    }


def test_a_role_is_changed(application, board, person):
    application.add_project_user(project_id=board.id, user_id=person.id, role="project-viewer")
    with error_answer("403"):
        person.client.create_task(title="Write", project_id=board.id)

    changed = application.change_project_user_role(
        project_id=board.id, user_id=person.id, role="project-member"
    )

    assert changed is True
    assert (
        application.get_project_user_role(project_id=board.id, user_id=person.id)
        == "project-member"
    )
    assert isinstance(person.client.create_task(title="Write", project_id=board.id), int)


def test_a_user_is_taken_from_a_project(application, board, person):
    application.add_project_user(project_id=board.id, user_id=person.id)

    removed = application.remove_project_user(project_id=board.id, user_id=person.id)

    assert removed is True
    assert application.get_project_users(project_id=board.id) == {}
    assert application.get_project_user_role(project_id=board.id, user_id=person.id) == ""
    with error_answer("403"):
        person.client.get_all_tasks(project_id=board.id, status_id=1)


def test_who_has_a_role_already_is_added_again_with_it_and_with_no_other(
    application, board, person
):
    number = application.create_project(name="Owned", owner_id=person.id)

    added = [
        application.add_project_user(project_id=number, user_id=person.id, role=role)
        for role in ROLES
    ]
    added += [
        application.add_project_user(project_id=board.id, user_id=person.id) for _ in range(2)
    ]
    changed = [
        application.change_project_user_role(project_id=board.id, user_id=person.id, role=ROLES[2])
        for _ in range(2)
    ]

    role = application.get_project_user_role(project_id=number, user_id=person.id)
    application.remove_project(project_id=number)
    assert (added, changed, role) == (
        [True, False, False, True, True],
        [True, True],
        "project-manager",
    )


def test_nobody_has_no_role(application, board):
    answers = [
        application.get_project_user_role(project_id=project, user_id=user)
        for project, user in ((board.id, 999), (999, 1))
    ]

    assert answers == ["", ""]


def test_members_that_cannot_be_are_refused(application, board, person):
    answers = [
        application.add_project_user(project_id=board.id, user_id=999),
        application.add_project_user(project_id=999, user_id=person.id),
        application.add_project_user(project_id=board.id, user_id=person.id, role="king"),
        application.change_project_user_role(
            project_id=board.id, user_id=person.id, role="project-member"
        ),
        application.remove_project_user(project_id=board.id, user_id=person.id),
        application.get_project_users(project_id=999),
        application.get_assignable_users(project_id=999),
    ]

    assert answers == [False] * 7


def activity(application, board, count):
    return wait_until(
        lambda: len(seen := application.get_project_activity(project_id=board.id)) == count and seen
    )


def test_what_happened_in_a_project_is_told_the_newest_first(application, administrator, board):
    task = administrator.create_task(title="Write", project_id=board.id)
    application.update_task(id=task, title="Read")
    application.update_task(id=task, owner_id=1)
    application.move_task_position(
        project_id=board.id, task_id=task, column_id=board.columns[1], position=1
    )
    application.close_task(task_id=task)
    application.open_task(task_id=task)
    administrator.remove_task(task_id=task)

    told = [
        (event["event_name"], event["event_title"]) for event in activity(application, board, 7)
    ]
    assert told == [
        ("task.remove", f"admin: task #{task} removed"),
        ("task.open", f"application: task #{task} opened"),
        ("task.close", f"application: task #{task} closed"),
        ("task.move.column", f"application: task #{task} moved to another column"),
        ("task.assignee_change", f"application: task #{task} assigned"),
        ("task.update", f"application: task #{task} updated"),
        ("task.create", f"admin: task #{task} created"),
    ]


def test_an_event_says_what_was_changed(application, board, task_id):
    application.update_task(id=task_id, title="Read", color_id="red", tags=["docs", "new"])

    changed, created = activity(application, board, 2)
    assert changed["changes"] == {
        "title": ["Write", "Read"],
        "color_id": ["blue", "red"],
        "date_modification": [0, RECENT],
        "tags": ["", "docs, new"],
    }
    assert (changed["author_username"], created["changes"]) == (None, {})


def test_what_happened_in_several_projects_is_told_as_one(application, board, task_id):
    activity(application, board, 1)

    told = application.get_project_activities(project_ids=[board.id, 999, board.id])

    assert [(event["event_name"], event["task_id"]) for event in told] == [
        ("task.create", str(task_id))
    ]
    assert application.get_project_activities(project_ids=[]) == []
