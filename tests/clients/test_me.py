"""What users see of their own."""

import pytest

from tests.clients.conftest import error_answer
from tests.support import documented
from tests.support.documented import RECENT, Text
from tests.support.local_run import wait_until

pytestmark = pytest.mark.xdist_group("clients")


@pytest.fixture
def member(application, board, person):
    application.add_project_user(project_id=board.id, user_id=person.id)
    return person


def test_users_see_themselves(person):
    shown = person.client.get_me()

    own = {"id": person.id, "is_ldap_user": False, "twofactor_activated": False}
    not_shown = {"password", "is_admin", "is_project_admin"}
    user = documented.user(person.id, person.name) | own
    assert shown == {name: value for name, value in user.items() if name not in not_shown}


def test_the_application_is_nobody(application):
    for call in (application.get_me, application.get_my_projects, application.get_my_dashboard):
        with error_answer("403"):
            call()


def test_users_see_the_projects_to_which_they_belong(run, board, member):
    shown, names = member.client.get_my_projects(), member.client.get_my_projects_list()

    assert shown == [documented.project(run.url, board.id)]
    assert names == {str(board.id): "Board"}


def test_strangers_see_nothing(application, board, person):
    application.create_task(
        title="Write", project_id=board.id, owner_id=person.id, date_due="2020-01-01"
    )

    shown = (
        person.client.get_my_projects(),
        person.client.get_my_projects_list(),
        person.client.get_my_overdue_tasks(),
    )

    assert shown == ([], {}, [])


def test_users_see_their_overdue_tasks(application, board, member):
    own = {"owner_id": member.id, "date_due": "2020-01-01"}
    task = application.create_task(title="Write", project_id=board.id, **own)
    application.create_task(title="Not mine", project_id=board.id, date_due="2020-01-01")
    application.create_task(
        title="Not yet", project_id=board.id, owner_id=member.id, date_due="2120-01-01"
    )

    shown = member.client.get_my_overdue_tasks()

    assert shown == [
        documented.overdue_task(board, task, owner_id=str(member.id), assignee_username=member.name)
    ]


def test_the_dashboard_is_a_list_of_open_tasks(application, board, member):
    application.create_task(title="Not mine", project_id=board.id)
    task, closed = (
        application.create_task(title="Write", project_id=board.id, owner_id=member.id)
        for _ in range(2)
    )
    application.close_task(task_id=closed)

    shown = member.client.get_my_dashboard()

    who = {"owner_id": str(member.id), "assignee_username": member.name, "assignee_email": ""}
    assert shown == [documented.extended_task(board, task, position="2", subtasks=[], **who)]


def test_users_see_what_happened_in_their_projects(board, member):
    task = member.client.create_task(title="<Write>", project_id=board.id)

    [shown] = wait_until(member.client.get_my_activity_stream)

    title = f"{member.name}: task #{task} created"
    assert shown == {
        "id": Text(r"[1-9]\d*"),
        "date_creation": RECENT,
        "event_name": "task.create",
        "creator_id": str(member.id),
        "project_id": str(board.id),
        "task_id": str(task),
        "author_username": member.name,
        "author_name": "",
        "email": "",
        "avatar_path": None,
        "task": documented.past_task(
            board, task, title="<Write>", creator_id=str(member.id), creator_username=member.name
        ),
        "changes": {},
        "author": member.name,
        "event_title": title,
        "event_content": f"<p>{title}: <em>&lt;Write&gt;</em></p>",
    }
