"""A row that was edited by hand into what cannot be read is named, and stops nothing else."""

import json
import time

import pytest

from chalicelib.adapters.dynamodb.tables import Claim, Delivery
from chalicelib.services.accounts import settings, users
from chalicelib.services.deliveries import delivery_log, delivery_search, statistics
from chalicelib.services.endpoints import endpoints
from chalicelib.services.projects import projects
from chalicelib.services.tasks import lifecycle
from tests.support.cloud import client_of
from tests.support.deliveries import edit, logged, past_delivery, subscribe
from tests.support.http_calls import ADMIN, add, basic, result, rpc
from tests.support.page_visits import Visitor
from tests.support.receivers import Inbox
from tools import commands
from tools.command_line import parse

pytestmark = pytest.mark.usefixtures("cloud")

PROJECT = "the row 2 of taskhook-dev-projects cannot be read: "
USER = "the row 2 of taskhook-dev-users cannot be read: "
SETTINGS = (
    "the row settings of taskhook-dev-settings cannot be read: webhook_token: takes a text, not a "
    "number"
)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("name", {"N": "5"}, "name: takes a text, not a number"),
        (
            "columns",
            {"L": [{"M": {"id": {"S": "one"}}}]},
            "columns: holds a part of the wrong kind",
        ),
        (
            "columns",
            {"L": [{"M": {"name": {"S": "x"}}}]},
            "the project and each column, category and tag must have an id and a name",
        ),
        ("members", {"L": []}, "members: takes a map, not a list"),
    ],
)
def test_a_project_that_cannot_be_read_is_shown_as_broken_and_tasks_go_on_into_the_others(
    caplog, field, value, reason
):
    projects.add_project("Second")
    edit("projects", {"id": {"N": "2"}}, **{field: value})

    added, refused = add("title=x"), add("title=x&project_id=2")
    pages = [Visitor().get(path) for path in ("/projects", "/boards/1", "/projects/2")]

    assert (added.status, refused.status) == (200, 400)
    assert refused.headers["X-Failure-Reason"] == "project_id: there is no active project 2"
    assert [page.status for page in pages] == [200, 200, 503]
    assert PROJECT + reason in pages[0].seen
    assert f"{PROJECT[1:]}{reason}" in pages[2].seen
    assert [project["id"] for project in result("getAllProjects")] == ["1"]
    [told] = logged(caplog, "row_broken")
    assert told["error"].startswith(PROJECT + reason)


@pytest.mark.parametrize("field", ["username", "password_hash", "role"])
def test_a_user_who_cannot_be_read_is_shown_as_broken_and_the_others_go_on(caplog, field):
    users.add_user("bob", "secret")
    edit("users", {"id": {"N": "2"}}, **{field: {"N": "5"}})

    added, refused = add("title=x&owner_id=1"), add("title=x&owner_id=2")
    pages = [Visitor().get(path) for path in ("/users", "/settings", "/users/2")]
    signed_in = rpc("getMe", (), basic("bob", "secret"))

    reason = USER + f"{field}: takes a text, not a number"
    assert (added.status, refused.status) == (200, 400)
    assert [page.status for page in pages] == [200, 200, 503]
    assert reason in pages[0].seen
    assert json.loads(signed_in.text)["error"]["message"] == f"Internal error: {reason}"
    assert [told["error"] for told in logged(caplog, "row_broken")] == [reason]


def test_a_webhook_token_that_is_no_text_is_named_where_it_is_needed_and_stops_nothing_else(
    cloud, caplog
):
    visitor = Visitor()
    edit("settings", {"id": {"S": "settings"}}, webhook_token={"N": "5"})

    with Inbox() as inbox:
        subscribe(inbox.url)
        added = add("title=x", headers={"Accept": "application/json"})
        made = result("createTask", ["y", 1])
        cloud.pump()
    page = visitor.get("/settings")
    args = parse(["settings", "show"])
    shown = getattr(commands, args.command)(args)
    visitor.post("/settings/token", name="webhook_token", sure="yes")

    reason = "webhook_token: takes a text, not a number"
    assert (added.status, json.loads(added.text)) == (503, {"error": SETTINGS})
    assert [(post.path, json.loads(post.body)["task_id"]) for post in inbox.received] == [
        ("/", made)
    ]
    assert f"{reason}: Reset creates a new one" in page.seen
    assert page.status == 200
    assert shown["webhook_token"] == f"({reason}: token rotate creates a new one)"
    assert [told["error"] for told in logged(caplog, "row_broken")] == [SETTINGS]
    assert len(settings.webhook_token()) == 48


def test_a_counter_that_is_no_number_stops_what_it_counts_and_nothing_else():
    edit("settings", {"id": {"S": "numbers"}}, project={"S": "x"})

    added, project = add("title=x"), rpc("createProject", ["y"])

    assert "error" in json.loads(project.text)
    assert added.status == 200


@pytest.mark.parametrize("value", [{"S": "x"}, {"NULL": True}])
def test_a_key_of_a_request_that_was_edited_into_nobodys_fails_no_answer(value):
    add("title=x&idempotency_key=k")
    claim = next(iter(Claim.scan(Claim.id.startswith("idempotency:"))))
    edit("settings", {"id": {"S": claim.id}}, owner=value)

    repeated, other = add("title=x&idempotency_key=k"), add("title=x&idempotency_key=l")

    assert (repeated.status, other.status) == (503, 200)


@pytest.mark.parametrize("value", [{"N": "5"}, {"L": []}, {"BOOL": True}])
def test_a_key_or_an_api_token_that_is_no_text_stops_neither_pages_nor_tasks(value):
    edit("settings", {"id": {"S": "settings"}}, session_key=value, api_token=value)

    visitor = Visitor()
    page, added, called = visitor.get("/settings"), add("title=x"), rpc("getVersion")
    as_user = rpc("getVersion", (), ADMIN)

    assert (page.status, added.status, as_user.status) == (200, 200, 200)
    assert len(settings.session_key()) == 64
    assert "api_token: takes a text" in called.text


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("title", {"L": []}, "title: takes a text, not a list"),
        ("owner_id", {"S": "alice"}, "owner_id: takes a number, not a text"),
        ("tags", {"L": [{"N": "1"}]}, "tags: takes a set of numbers, not a list"),
    ],
)
def test_a_task_that_cannot_be_read_is_marked_in_lists_and_hides_no_other(field, value, reason):
    for title in ("first", "broken", "last"):
        lifecycle.create_task({"title": title})
    edit("tasks", {"task_id": {"N": "2"}}, **{field: value})

    pages = [Visitor().get(path) for path in ("/boards/1", "/deliveries", "/tasks/1", "/tasks/2")]
    listed = result("getAllTasks", {"project_id": 1})
    asked = rpc("getTask", {"task_id": 2})
    is_moved = result(
        "moveTaskPosition", {"project_id": 1, "task_id": 3, "column_id": 1, "position": 3}
    )

    assert [page.status for page in pages] == [200, 200, 200, 503]
    assert f"cannot be read: {field}" in pages[0].seen
    assert f"row 2 of taskhook-dev-tasks cannot be read: {reason}" in pages[3].seen
    assert [task["title"] for task in listed] == ["first", f"cannot be read: {field}", "last"]
    assert reason in json.loads(asked.text)["error"]["message"]
    assert is_moved


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("tries", {"S": "many"}, "tries: takes a number, not a text"),
        ("task_id", {"S": "one"}, "task_id: takes a number, not a text"),
        ("took_ms", {"L": []}, "took_ms: takes a number, not a list"),
        ("status", {"N": "5"}, "status: takes a text, not a number"),
        ("event_type", {"N": "5"}, "event_type: takes a text, not a number"),
        ("outcome", {"N": "5"}, "outcome: takes a text, not a number"),
    ],
)
def test_a_delivery_that_cannot_be_read_is_marked_in_lists_and_hides_no_other(
    caplog, field, value, reason
):
    endpoints.add_endpoint("http://127.0.0.1:9/", endpoint_id="ci")
    task_id = lifecycle.create_task({"title": "x"})
    broken, well = (past_delivery(number, time.time() - 600, task_id=task_id) for number in (1, 2))
    for row in (broken, well):
        row.save()
    edit(
        "deliveries",
        {"lane": {"S": broken.ordering_key}, "sequence": {"S": broken.sequence}},
        **{field: value},
    )

    paths = (
        "/deliveries",
        "/deliveries?since=0&until=2100-01-01",
        f"/tasks/{task_id}",
        f"/deliveries?task_id={task_id}",
    )
    pages = [Visitor().get(path) for path in paths]
    listed = {row["id"]: row["outcome"] for row in result("getDeliveries", {"endpoint_id": "ci"})}
    statistics.count_all(["ci"], time.time())

    assert [page.status for page in pages] == [200] * 4
    for page in pages:
        assert page.seen.count(f"cannot be read: {reason}") == 1
    assert listed == {broken.id: f"cannot be read: {reason}", well.id: well.outcome}
    assert logged(caplog, "count_failed") == []


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("body", {"S": "not JSON"}, "not JSON"),
        ("attempts", {"S": '["the first"]'}, "It took one attempt."),
        ("attempts", {"L": [{"M": {"x": {"N": "1"}}}]}, "It took one attempt."),
        *(
            (
                "attempts",
                {"S": json.dumps([{"number": 1, "at": 5, "status": 204, "timings": {}} | odd])},
                "It took one attempt.",
            )
            for odd in (
                {"status": "x"},
                {"duration_ms": "q"},
                {"timings": 5},
                {"timings": {"total": None}},
                {"at": 1e15},
            )
        ),
    ],
)
def test_a_delivery_that_was_edited_into_nonsense_has_its_page(field, value, shown):
    row = past_delivery(1, time.time())
    row.save()
    edit(
        "deliveries",
        {"lane": {"S": row.ordering_key}, "sequence": {"S": row.sequence}},
        **{field: value},
    )

    page = Visitor().get(f"/deliveries/{row.id}")
    args = parse(["delivery", "show", row.id])
    told = getattr(commands, args.command)(args)

    assert shown in page.seen
    assert page.status == 200
    assert told["id"] == row.id


def test_a_task_that_was_made_by_hand_without_a_project_is_shown():
    client_of("dynamodb").put_item(
        TableName="taskhook-dev-tasks",
        Item={"task_id": {"N": "900000"}, "title": {"S": "made in the console"}},
    )

    task = result("getTask", {"task_id": 900000})

    assert (task["title"], task["project_id"]) == ("made in the console", "0")


@pytest.mark.parametrize(
    "field", ["event_type", "status", "task_id", "tries", "outcome", "created_at"]
)
def test_a_delivery_that_lacks_a_field_hides_no_other(field):
    endpoints.add_endpoint("http://127.0.0.1:9/", endpoint_id="ci")
    lifecycle.create_task({"title": "x"})
    made = [
        past_delivery(1, 1000.0 + number, sequence=str(number).zfill(40)) for number in range(1, 6)
    ]
    for row in made:
        row.save()
    made[3].update(actions=[getattr(Delivery, field).remove()])

    pages = [
        Visitor().get(path)
        for path in (
            "/deliveries?days=7",
            "/tasks/1",
            "/deliveries/replay?endpoint=ci&since=1970-01-01",
        )
    ]
    found = [delivery_search.search(delivery_search.Wanted(task_id=1), limit=2)]
    while found[-1].place is not None:
        found.append(
            delivery_search.search(delivery_search.Wanted(task_id=1), found[-1].place, limit=2)
        )

    assert [page.status for page in pages] == [200] * 3
    assert [row.id for one in found for row in one.rows] == [row.id for row in reversed(made)]


def test_what_was_set_aside_is_found_among_what_was_given_up():
    endpoints.add_endpoint("http://127.0.0.1:9/", endpoint_id="ci")
    row = past_delivery(1, time.time() - 600, status="failed")
    row.save()
    edit(
        "deliveries",
        {"lane": {"S": row.ordering_key}, "sequence": {"S": row.sequence}},
        tries={"S": "many"},
    )

    assert [found.id for found in delivery_log.list_deliveries("ci", "failed")] == [row.id]
