"""Comments."""

import pytest

from tests.clients.conftest import error_answer
from tests.support.documented import RECENT

pytestmark = pytest.mark.xdist_group("clients")


def comment(task_id, number, text, **changed):
    return {
        "id": str(number),
        "task_id": str(task_id),
        "user_id": "1",
        "date_creation": RECENT,
        "date_modification": RECENT,
        "comment": text,
        "reference": "",
        "visibility": "app-user",
        "username": "admin",
        "name": None,
        "email": "",
        "avatar_path": None,
    } | changed


def test_comments_are_created_and_listed(application, task_id):
    first = application.create_comment(task_id=task_id, user_id=1, content="One")
    second = application.create_comment(
        task_id=task_id, user_id=1, content="Two", reference="R-2", visibility="app-admin"
    )

    listed = application.get_all_comments(task_id=task_id)
    assert listed == [
        comment(task_id, first, "One"),
        comment(task_id, second, "Two", reference="R-2", visibility="app-admin"),
    ]
    assert application.get_comment(comment_id=second) == listed[1]
    assert application.get_all_comments(task_id=task_id, limit=1) == listed[:1]
    assert application.get_all_comments(task_id=task_id, limit=5, offset=1) == listed[1:]


def test_a_user_comments_under_the_own_name(application, board, person):
    application.add_project_user(project_id=board.id, user_id=person.id)
    application.update_user(id=person.id, name="Alice", email="alice@example.com")
    task = person.client.create_task(title="Write", project_id=board.id)

    number = person.client.create_comment(task_id=task, user_id=1, content="Mine")

    who = {
        "user_id": str(person.id),
        "username": person.name,
        "name": "Alice",
        "email": "alice@example.com",
    }
    assert person.client.get_comment(comment_id=number) == comment(task, number, "Mine", **who)


def test_a_comment_is_changed(application, task_id):
    number = application.create_comment(task_id=task_id, user_id=1, content="One")

    changed = application.update_comment(id=number, content="Another")

    assert changed is True
    assert application.get_comment(comment_id=number) == comment(task_id, number, "Another")


def test_a_comment_is_removed(application, task_id):
    first = application.create_comment(task_id=task_id, user_id=1, content="One")
    second = application.create_comment(task_id=task_id, user_id=1, content="Two")

    answers = (
        application.remove_comment(comment_id=first),
        application.remove_comment(comment_id=first),
    )

    assert answers == (True, False)
    assert application.get_all_comments(task_id=task_id) == [comment(task_id, second, "Two")]


def test_a_user_leaves_the_comments_of_others_alone(
    application, administrator, board, person, task_id
):
    application.add_project_user(project_id=board.id, user_id=person.id)
    number = administrator.create_comment(task_id=task_id, user_id=1, content="Mine")

    with error_answer("403"):
        person.client.update_comment(id=number, content="Yours")
    with error_answer("403"):
        person.client.remove_comment(comment_id=number)

    assert person.client.get_all_comments(task_id=task_id) == [comment(task_id, number, "Mine")]


def test_comments_that_cannot_be_are_refused(application, task_id):
    answers = [
        application.create_comment(task_id=task_id, user_id=1, content=" "),
        application.create_comment(task_id=task_id, user_id=1, content="One", visibility="king"),
        application.create_comment(task_id=task_id, user_id=999, content="One"),
        application.create_comment(task_id=999, user_id=1, content="One"),
        application.update_comment(id=999, content="One"),
        application.get_all_comments(task_id=999),
    ]

    assert answers == [False] * 6
    assert application.get_comment(comment_id=999) is None
