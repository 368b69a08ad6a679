"""The same form, sent twice, makes one thing: one after the other, and at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from chalicelib.adapters.dynamodb.tables import Claim, Comment, Endpoint, Task, User
from chalicelib.domain.errors import Refused
from chalicelib.services.accounts import users
from chalicelib.services.endpoints import url_lists
from chalicelib.services.projects import project_items, projects
from chalicelib.services.tasks import comments, lifecycle

pytestmark = pytest.mark.usefixtures("cloud")


def add_task(key):
    return lifecycle.create_once({"title": "x"}, key).task_id


def add_comment(key):
    return comments.add_comment(1, 1, "x", "", "user", form_key=key)


def add_project(key):
    return int(projects.add_project("x", form_key=key).id)


def add_user(key):
    return int(users.add_user("ada", form_key=key).id)


def add_endpoint(key):
    url_lists.replace_subscribed_urls({"task.created": ["http://127.0.0.1:1/"]}, form_key=key)


def add_part(group):
    return lambda key: project_items.add_part(1, group, "x", form_key=key)


def count(table):
    return lambda: len(list(table.scan()))


def count_parts(group):
    return lambda: len(getattr(projects.find_project(1), group))


MAKERS = {
    "task": (add_task, count(Task)),
    "comment": (add_comment, count(Comment)),
    "project": (add_project, lambda: len(projects.list_projects())),
    "user": (add_user, count(User)),
    "endpoint": (add_endpoint, count(Endpoint)),
    "column": (add_part("columns"), count_parts("columns")),
    "category": (add_part("categories"), count_parts("categories")),
    "tag": (add_part("tags"), count_parts("tags")),
}


@pytest.fixture(params=MAKERS)
def maker(request):
    """What makes a thing with the key of a form, and what counts the things of its kind."""
    lifecycle.create_task({"title": "to be commented"})
    return MAKERS[request.param]


def test_a_form_that_is_sent_twice_makes_one_thing_and_answers_with_it_twice(maker):
    make, count = maker
    before = count()

    answers = [make("key"), make("key")]

    assert answers[0] == answers[1]
    assert count() - before == 1


def test_a_form_that_is_sent_four_times_at_the_same_moment_makes_one_thing(maker):
    make, count = maker
    before, together = count(), Barrier(4)

    def send(_):
        together.wait()
        return make("key")

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(send, range(4)))

    assert (len(set(answers)), count() - before) == (1, 1)


@pytest.mark.parametrize("group", ["categories", "tags"])
def test_another_form_is_told_that_a_name_is_taken(group):
    project_items.add_part(1, group, "x", form_key="key")

    with pytest.raises(Refused, match="^name: is taken$"):
        project_items.add_part(1, group, "x", form_key="another")


def test_another_form_is_told_that_a_username_is_taken():
    users.add_user("ada", form_key="key")

    with pytest.raises(Refused, match="^username: is taken$"):
        users.add_user("ada", form_key="another")


def test_a_form_that_was_refused_uses_up_no_key():
    users.add_user("ada")
    with pytest.raises(Refused):
        users.add_user("ada", form_key="key")
    users.remove_user(2)

    users.add_user("ada", form_key="key")

    assert [user.username for user in users.list_users()] == ["admin", "ada"]


def test_a_form_is_remembered_for_a_day():
    first = projects.add_project("x", form_key="key")
    [claim] = Claim.scan(Claim.id.startswith("form:"))
    claim.update(actions=[Claim.expires_at.set(claim.expires_at - 86401)])

    second = projects.add_project("x", form_key="key")

    assert first.id != second.id
