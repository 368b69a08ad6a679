"""A name that nobody can see is none, whatever it is the name of."""

import pytest

from chalicelib.services.accounts import users
from chalicelib.services.tasks import lifecycle
from tests.support.http_calls import result
from tests.support.page_visits import Visitor

pytestmark = pytest.mark.usefixtures("cloud")

INVISIBLE = ["\u200b", "\u00ad\u2060", "\u3164", "\ufe0f", "\u2800", "\u202e\u202c"]


@pytest.mark.parametrize("name", INVISIBLE)
def test_nothing_is_given_a_name_that_cannot_be_seen(name):
    lifecycle.create_task({"title": "x"})
    calls = [
        ("createProject", [name]),
        ("updateProject", [1, name]),
        ("addColumn", [1, name]),
        ("updateColumn", [1, name]),
        ("createCategory", [1, name]),
        ("createTag", [1, name]),
        ("setTaskTags", [1, 1, [name]]),
        ("createUser", [name, "secret"]),
        ("updateUser", {"id": 1, "username": name}),
        ("createComment", [1, 1, name]),
    ]

    answers = [result(method, params) for method, params in calls]

    assert answers == [False] * len(calls)


@pytest.mark.parametrize("name", INVISIBLE)
def test_a_user_whose_name_cannot_be_seen_is_shown_by_the_username(name):
    users.add_user("ada", name=name)
    users.update_user(1, name=name)

    assert [user.shown_name for user in users.list_users()] == ["admin", "ada"]


def test_a_page_takes_no_name_that_cannot_be_seen():
    admin = Visitor(1)

    pages = [
        admin.post("/projects", name="\u200b"),
        admin.post("/boards/1", do="add", title="\u200b", column_id=1),
    ]

    assert [page.status for page in pages] == [400, 400]
    assert ["takes 1 to 200 characters" in pages[0].seen, "is required" in pages[1].seen] == [
        True,
        True,
    ]
