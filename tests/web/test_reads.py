"""What is read from the store: no whole table of what grows, no more than a list holds."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from botocore.awsrequest import AWSResponse

from chalicelib.domain.marks import APART
from chalicelib.services.projects import projects
from chalicelib.services.tasks import lifecycle
from tests.support.aws_faults import GoOn, wrong
from tests.support.deliveries import lay_down, subscribe
from tests.support.http_calls import ADMIN, result
from tests.support.page_visits import Visitor

PREFIX = "taskhook-dev-"
PAGES = [
    "/boards/1",
    "/boards/1/closed",
    "/tasks/1",
    "/projects",
    "/projects/1",
    "/users",
    "/settings",
    "/deliveries",
]

Reads = list[tuple[str, int]]


@contextmanager
def reads() -> Iterator[Reads]:
    """Fill a list with what is read: the index or table, and how many rows it looks at."""
    seen: Reads = []
    with ExitStack() as stack:
        for operation in ("Scan", "Query", "BatchGetItem"):
            stack.enter_context(noting(operation, seen))
        yield seen


@contextmanager
def noting(operation: str, seen: Reads) -> Iterator[None]:
    """Note the calls of an operation; they must come one after the other."""

    def note(go_on: GoOn) -> AWSResponse:
        answer = go_on()
        asked, said = json.loads(fault.calls[-1]), json.loads(answer.content)
        [table] = [asked["TableName"]] if "TableName" in asked else asked["RequestItems"]
        looked_at = (
            said["ScannedCount"] if "ScannedCount" in said else len(said["Responses"][table])
        )
        seen.append((asked.get("IndexName", table.removeprefix(PREFIX)), looked_at))
        return answer

    with wrong(operation, note) as fault:
        yield


def cost(method, params):
    """Return how many rows of tasks a procedure looks at, and what it returns."""
    with reads() as seen:
        answer = result(method, params, ADMIN)
    return sum(
        count
        for where, count in seen
        if where in {"tasks", "by_project", "by_column", "by_reference"}
    ), answer


@pytest.fixture
def tasks(cloud):  # noqa: ARG001 -- the tables must be there first
    """Three open tasks and five closed ones, the first eight; and beside them another project's."""
    projects.add_project("Other")
    for number in range(1, 9):
        lifecycle.create_task(
            {"title": "x", "date_due": "2020-01-01", "column_id": str(number % 2 + 1)}
        )
    for number in range(4, 9):
        lifecycle.close_task(number)
    for _ in range(7):
        lifecycle.create_task({"title": "x", "project_id": "2", "date_due": "2020-01-01"})


@pytest.mark.usefixtures("tasks")
def test_no_page_reads_a_whole_table_of_what_grows():
    admin = Visitor(1)

    with wrong("Scan", lambda go_on: go_on()) as scans:
        shown = {path: admin.get(path).status for path in PAGES}

    assert shown == dict.fromkeys(PAGES, 200)
    assert {json.loads(call)["TableName"].removeprefix(PREFIX) for call in scans.calls} == {
        *("endpoints", "projects", "users"),
    }


@pytest.mark.usefixtures("tasks")
def test_a_list_costs_the_open_or_the_closed_tasks_of_its_project_and_no_others():
    calls = [
        ("getAllTasks", [1], 3),
        ("getAllTasks", [1, 0], 5),
        ("searchTasks", [1, "status:open x"], 3),
        ("searchTasks", [1, "status:closed y"], 5),
        ("getOverdueTasksByProject", [1], 3),
        ("getMyOverdueTasks", [], 3),
        ("getMyDashboard", [], 3),
        ("getBoard", [1], 3),
    ]

    assert [cost(method, params)[0] for method, params, _ in calls] == [
        count for _, _, count in calls
    ]


@pytest.mark.usefixtures("cloud")
def test_looking_for_changes_of_deliveries_is_one_read_of_25_rows_without_their_endpoints():
    subscribe("http://127.0.0.1:1/")
    lay_down(60)
    admin = Visitor(1)

    with reads() as seen:
        admin.get("/deliveries/version?endpoint=ci")

    assert [read for read in seen if read[0] != "users"] == [("by_endpoint", 25)]


@pytest.mark.usefixtures("tasks")
def test_a_page_of_a_list_looks_at_what_it_shows_and_at_nothing_behind_it():
    with reads() as seen:
        shown = result("getAllTasks", {"project_id": 1, "limit": 1, "offset": 1}, ADMIN)

    # 2 stands in the first column, 1 and 3 in the second.
    assert [task["id"] for task in shown] == ["1"]
    assert [read for read in seen if read[0] not in {"projects", "users"}] == [
        ("by_column", 1),
        ("by_column", 1),
        ("tasks", 1),
    ]


@pytest.fixture
def long(cloud):  # noqa: ARG001 -- the tables must be there first
    """A column of 400 tasks of which a place was asked for; the last task's id."""
    ids = [lifecycle.create_task({"title": "x"}) for _ in range(400)]
    result("getTask", [ids[-1]])
    return ids[-1]


@pytest.mark.parametrize(
    ("method", "params", "shown"),
    [
        ("getTask", [350], 0),
        ("getTask", [40], 0),
        ("moveTaskPosition", [1, 400, 1, 300], 0),
        ("getAllTasks", {"project_id": 1, "limit": 5, "offset": 390}, 2 * 5),
        ("getBoard", {"project_id": 1, "limit": 5, "offset": 390}, 2 * 5),
    ],
)
def test_in_a_long_column_no_more_is_read_than_stands_between_two_marks(
    long, method, params, shown
):
    looked_at, answer = cost(method, params)

    assert answer
    assert looked_at <= shown + 2 * APART < long // 2


@pytest.mark.usefixtures("tasks")
@pytest.mark.parametrize(("status_id", "whole"), [(1, "213"), (0, "45678")])
def test_the_pages_of_a_list_are_together_all_of_it(status_id, whole):
    def ids(**page):
        return "".join(
            task["id"]
            for task in result("getAllTasks", {"project_id": 1, "status_id": status_id, **page})
        )

    pages = {
        (offset, limit): ids(offset=offset, limit=limit)
        for offset in range(7)
        for limit in range(7)
    }

    assert pages == {(offset, limit): whole[offset : offset + limit] for offset, limit in pages}
    assert sorted(ids()) == sorted(whole)


@pytest.mark.usefixtures("tasks")
def test_a_task_of_a_page_has_the_place_that_it_has_in_its_column():
    whole = {task["id"]: task["position"] for task in result("getAllTasks", {"project_id": 1})}

    pages = [
        result("getAllTasks", {"project_id": 1, "limit": 2, "offset": offset}) for offset in (0, 2)
    ]

    assert {task["id"]: task["position"] for page in pages for task in page} == whole


@pytest.mark.usefixtures("tasks")
def test_a_search_is_had_in_pages():
    query = {"project_id": 1, "query": "status:all"}

    pages = [
        [task["id"] for task in result("searchTasks", {**query, **page})]
        for page in (
            {},
            {"limit": 3},
            {"limit": 3, "offset": 6},
            {"offset": 7},
            {"limit": 0},
            {"limit": 1, "offset": 9},
        )
    ]

    assert pages == [list("12345678"), ["1", "2", "3"], ["7", "8"], ["8"], [], []]
