"""A search over the API and on a board: what it reads, shows and reports as unknown."""

import pytest

from chalicelib.domain.accounts import PROJECT_VIEWER
from chalicelib.services.projects import membership
from chalicelib.services.tasks import comments, lifecycle, searching
from tests.support.http_calls import ADMIN, basic, result, rpc, sign_up
from tests.support.page_visits import Visitor
from tests.web import test_reads

pytestmark = pytest.mark.usefixtures("cloud")


def ids(query, headers=ADMIN):
    return [int(task["id"]) for task in result("searchTasks", [1, query], headers)]


@pytest.fixture
def talk(cloud):  # noqa: ARG001 -- the tables must be there first
    """Four tasks, the last one closed: two with a comment, one with a managers' comment."""
    for title in ("one", "two", "three", "four"):
        lifecycle.create_task({"title": title})
    comments.add_comment(1, 1, "Die Größe fits", "", "user")
    comments.add_comment(1, 1, "Second thoughts", "", "user")
    comments.add_comment(3, 1, "the secret size", "", "manager")
    comments.add_comment(4, 1, "nothing fits", "", "user")
    lifecycle.close_task(4)
    sign_up("ada")
    membership.set_role(1, 2, PROJECT_VIEWER, is_member=False)


@pytest.mark.usefixtures("talk")
def test_a_task_is_found_by_what_a_comment_says():
    queries = [
        "comment:GRÖSSE",
        'comment:"second thoughts"',
        "comment:fits",
        "comment:fits status:open",
    ]
    queries += ["comment:secret comment:größe", "comment:fits title:four", "comment:nobody"]

    assert [ids(query) for query in queries] == [[1], [1], [1, 4], [1], [1, 3], [4], []]


@pytest.mark.usefixtures("talk")
def test_a_search_tells_nobody_of_a_comment_that_is_hidden_from_them():
    assert [ids("comment:secret", caller) for caller in (ADMIN, basic("ada", "secret"))] == [
        [3],
        [],
    ]


@pytest.mark.usefixtures("talk")
def test_only_a_search_for_comments_reads_them_and_only_of_tasks_that_fit():
    with test_reads.reads() as plain:
        ids("title:e modified:today")
    with test_reads.reads() as asking:
        ids("comment:fits status:open one")
        ids("comment:fits status:all three")

    assert [count for where, count in plain if where == "comments"] == []
    assert sorted(count for where, count in asking if where == "comments") == [1, 2]


@pytest.mark.usefixtures("talk")
def test_a_search_that_would_read_the_comments_of_too_many_tasks_says_so(monkeypatch):
    monkeypatch.setattr(searching, "MOST_COMMENTED", 2)

    refused, found = rpc("searchTasks", [1, "comment:fits"], ADMIN), ids("comment:fits status:open")

    reason = "searchTasks: comment: reads the comments of 2 tasks, not of 3: add other keys"
    assert (refused.headers["X-Failure-Reason"], found) == (reason, [1])


def test_what_a_search_names_that_is_not_there_is_told_beside_the_empty_list():
    lifecycle.create_task({"title": "x"})

    answers = [
        rpc("searchTasks", [1, query]) for query in ("tag:nope assignee:nobody", "column:Nope", "x")
    ]

    assert [answer.headers.get("X-Failure-Reason") for answer in answers] == [
        "searchTasks: tag: there is no tag nope",
        "searchTasks: column: there is no column Nope",
        None,
    ]
    assert [len(result("searchTasks", [1, query])) for query in ("tag:nope", "x")] == [0, 1]


def test_a_refused_search_answers_false_by_the_name_that_was_written():
    answers = [
        rpc("searchTasks", [1, query]) for query in ("modified:never", "updated:2026", "link:x")
    ]

    reasons = [
        answer.headers["X-Failure-Reason"].removeprefix("searchTasks: ").partition(":")[0]
        for answer in answers
    ]
    assert reasons == ["modified", "updated", "link"]
    assert result("searchTasks", [1, "modified:never"]) is False


def test_a_search_compares_what_the_answers_show():
    lifecycle.create_task({"title": "x"})

    shown = result(
        "searchTasks",
        [1, 'modified:today moved:today swimlane:"Default swimlane" project:1 priority:0'],
    )

    assert [(task["swimlane_name"], int(task["date_modification"]) > 0) for task in shown] == [
        ("Default swimlane", True)
    ]


def test_me_as_the_application_is_nobody():
    lifecycle.create_task({"title": "nobody's"})
    lifecycle.create_task({"title": "admin's", "owner_id": "1"})

    found = [
        [task["title"] for task in result("searchTasks", [1, f"assignee:{who}"])]
        for who in ("me", "admin")
    ]

    assert found == [["nobody's"], ["admin's"]]


def test_a_board_says_what_its_filter_names_that_is_not_there():
    admin = Visitor(1)
    lifecycle.create_task({"title": "x"})

    pages = [admin.get(f"/boards/1?q={query}") for query in ("tag:nope", "x", "due:2026")]

    assert [page.status for page in pages] == [200, 200, 400]
    assert ["there is no tag nope" in page.seen for page in pages] == [True, False, False]
    assert "takes a day such as 2026-07-01" in pages[2].seen


def test_a_filter_that_cannot_be_read_stays_in_its_field_to_be_mended():
    admin = Visitor(1)
    lifecycle.create_task({"title": "Not asked for"})

    page, part = (admin.get(f"/boards/1?q=due:2026{more}") for more in ("", "&part=columns"))

    assert 'name="q" type="search" value="due:2026"' in " ".join(page.text.split())
    assert "+ Add a task" in page.seen
    assert "Not asked for" not in page.seen
    assert "takes a day such as 2026-07-01" in part.seen
    assert part.status == 400


def test_a_board_says_which_words_of_its_filter_are_no_keys():
    lifecycle.create_task({"title": "foo:bar"})

    page = Visitor(1).get("/boards/1?q=foo:bar")

    assert "foo: is no key: it is taken as a word" in page.seen
    assert "#1" in page.seen
