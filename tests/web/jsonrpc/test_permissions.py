"""Who may call which procedure, and what is said to those who may not."""

import json

import pytest

from chalicelib.adapters.dynamodb.tables import Endpoint, Settings, SourceRow, Task, User
from chalicelib.services.accounts.settings import session_key
from chalicelib.services.projects import membership, projects
from chalicelib.services.tasks import comments, lifecycle
from chalicelib.web.jsonrpc import PROCEDURES
from tests.support.aws_faults import wrong
from tests.support.cloud import PASSWORD
from tests.support.every_procedure import (
    CALLERS,
    HIDING,
    TABLE,
    a_category,
    a_comment,
    a_task,
    build,
)
from tests.support.http_calls import Answer, error, post_rpc, result, rpc
from tests.support.kanboard_keys import ABSENT

FORBIDDEN = {"code": 403, "message": "Forbidden"}
MEMBER, VIEWER, STRANGER = (CALLERS[name] for name in ("member", "viewer", "stranger"))


@pytest.fixture(autouse=True)
def _world(cloud):
    build(cloud)


@pytest.fixture
def other_project():
    """A project to which nobody belongs."""
    return int(projects.add_project("The other one").id)


def verdict(name: str, answer: Answer) -> object:
    """Return the status of an allowed or forbidden call, the whole answer of any other."""
    said = json.loads(answer.text)
    refused = {401: {"code": 401, "message": "Not Authorized"}, 403: FORBIDDEN}
    is_as_said = said.get("error") == refused.get(answer.status)
    if name in HIDING and said.get("result") is False:
        return "hidden"
    is_done = answer.status != 200 or said.get("result") not in (False, None)
    if name in ABSENT and answer.status == 200:
        is_done = said["result"] == ABSENT[name][1]
    return answer.status if is_as_said and is_done else answer


def test_the_table_names_every_procedure():
    assert sorted(TABLE) == sorted(PROCEDURES)


# One walk for all that it shows: it takes seconds.
@pytest.mark.usefixtures("caching")
@pytest.mark.parametrize("caller", CALLERS)
def test_each_may_what_the_table_says_sees_no_secret_and_lets_no_table_that_grows_be_read_whole(
    caller,
):
    calls = {name: entry.parameters() for name, entry in TABLE.items()}

    with wrong("Scan", lambda go_on: go_on()) as scans:
        answers = {
            name: rpc(name, parameters, CALLERS[caller]) for name, parameters in calls.items()
        }

    refused = 401 if caller == "nobody" else 403
    expected = {name: 200 if caller in entry.may else refused for name, entry in TABLE.items()}
    hidden = {name for name in HIDING if expected[name] == 403}
    assert {
        name: verdict(name, answer) for name, answer in answers.items()
    } == expected | dict.fromkeys(hidden, "hidden")
    said = str(answers)
    assert {secret for secret in secrets() if secret in said} == set()
    assert {json.loads(call)["TableName"].partition("-dev-")[2] for call in scans.calls} <= {
        *("endpoints", "projects", "sources", "users"),
    }


def secrets():
    """Return what no answer may hold."""
    kept = Settings.get("settings")
    secrets_kept = {row.secret for table in (Endpoint, SourceRow) for row in table.scan()}
    of_rows = {user.password_hash for user in User.scan()} | secrets_kept
    named = {kept.webhook_token, kept.api_token, session_key(), PASSWORD, "whsec_", "scrypt$"}
    return named | of_rows - {""}


def test_one_call_that_is_not_allowed_is_answered_as_kanboard_does():
    answer = rpc("removeTask", {"task_id": a_task()}, VIEWER)

    assert answer.status == 403
    assert json.loads(answer.text) == {"jsonrpc": "2.0", "id": 1, "error": FORBIDDEN}


def test_of_a_batch_only_the_entry_that_is_not_allowed_is_refused():
    task_id = a_task()
    methods = ["getTaskTags", "removeTask", "getAllComments"]
    batch = [
        {"jsonrpc": "2.0", "id": name, "method": name, "params": [task_id]} for name in methods
    ]

    answer = post_rpc(json.dumps(batch), VIEWER)

    assert answer.status == 200
    assert json.loads(answer.text) == [
        {"jsonrpc": "2.0", "id": "getTaskTags", "result": {}},
        {"jsonrpc": "2.0", "id": "removeTask", "error": FORBIDDEN},
        {"jsonrpc": "2.0", "id": "getAllComments", "result": []},
    ]


def test_a_notification_that_is_not_allowed_does_nothing():
    task_id = a_task()

    answer = post_rpc(
        json.dumps({"jsonrpc": "2.0", "method": "removeTask", "params": [task_id]}), VIEWER
    )

    assert (answer.status, answer.text) == (204, "")
    assert lifecycle.find_task(task_id)


def test_a_role_in_one_project_is_none_in_another(other_project):
    task_id, here = a_task(project_id=str(other_project)), a_task()
    column_id = int(projects.find_project(other_project).columns[0].id)
    calls = [
        ("getTask", [task_id]),
        ("updateTask", {"id": task_id, "title": "taken"}),
        ("createComment", [task_id, 4, "x"]),
        ("getColumn", [column_id]),
        ("getProjectActivities", [[1, other_project]]),
        ("moveTaskPosition", [1, task_id, 1, 1]),
        ("moveTaskPosition", [other_project, here, column_id, 1]),
        ("moveTaskToProject", [task_id, 1]),
        ("moveTaskToProject", [here, other_project]),
        ("duplicateTaskToProject", [task_id, 1]),
        ("duplicateTaskToProject", [here, other_project]),
        ("setTaskTags", [1, task_id, ["x"]]),
    ]

    statuses = [rpc(method, params, MEMBER).status for method, params in calls]

    assert statuses == [403] * len(calls)
    assert lifecycle.find_task(task_id).title == "x"
    assert {int(task.project_id) for task in Task.scan() if task.task_id != task_id} == {1}


def test_a_task_takes_no_column_or_category_of_a_project_that_is_not_its_own(other_project):
    column_id = int(projects.find_project(other_project).columns[0].id)
    category_id = result("createCategory", [other_project, "theirs"])

    results = [
        result("createTask", {"title": "x", "project_id": 1, "column_id": column_id}, MEMBER),
        result("updateTask", {"id": a_task(), "category_id": category_id}, MEMBER),
        result("moveTaskPosition", [1, a_task(), column_id, 1], MEMBER),
        result("changeColumnPosition", [1, column_id, 1], CALLERS["project manager"]),
    ]

    assert results == [False] * 4


def test_what_is_not_there_looks_like_what_is_not_allowed():
    calls = [
        ("getTask", [999]),
        ("removeTask", [999]),
        ("getComment", [999]),
        ("updateComment", [999, "x"]),
        ("getColumn", [999]),
        ("getCategory", [999]),
        ("updateTag", [999, "x"]),
        ("getProjectById", [999]),
        ("getBoard", [0]),
    ]

    assert [error(rpc(method, params, MEMBER)) for method, params in calls] == [
        (403, "Forbidden")
    ] * len(calls)
    assert all(result(method, params) in (None, False, []) for method, params in calls)


def test_a_role_that_ended_is_none_at_once():
    task_id = a_task()
    assert result("getTask", [task_id], MEMBER)["title"] == "x"

    membership.set_role(1, 4, None, is_member=True)

    assert rpc("getTask", [task_id], MEMBER).status == 403
    assert result("getMyProjectsList", (), MEMBER) == {}


def test_a_comment_is_shown_to_its_role_and_to_those_above():
    task_id = a_task()
    texts = {
        role: comments.add_comment(task_id, 1, role, "", role) for role in ("user", "administrator")
    }

    seen = [
        [one["comment"] for one in result("getAllComments", [task_id], CALLERS[who])]
        for who in TABLE["getTask"].may
    ]
    hidden = result("getComment", [texts["administrator"]], VIEWER)

    assert sorted(seen) == [["user"]] * 3 + [["user", "administrator"]] * 2
    assert hidden is None


def test_a_comment_is_written_under_the_own_name():
    number = result("createComment", [a_task(), 1, "I am admin"], MEMBER)

    assert result("getComment", [number])["username"] == "max"


def test_a_task_is_created_in_the_own_name():
    number = result("createTask", {"title": "x", "project_id": 1, "creator_id": 1}, MEMBER)

    assert result("getTask", [number])["creator_id"] == "4"


def test_who_creates_a_project_manages_it():
    project_id = result("createProject", ["Mine"], CALLERS["manager"])

    assert result("addColumn", [project_id, "x"], CALLERS["manager"])
    assert rpc("addColumn", [1, "x"], CALLERS["manager"]).status == 403


def test_only_what_one_belongs_to_is_listed(other_project):
    result("createTag", [other_project, "theirs"])
    result("createTag", [1, "ours"])

    tags = [
        [tag["name"] for tag in result("getAllTags", (), caller)] for caller in (STRANGER, VIEWER)
    ]
    mine = [result("getMyProjectsList", (), caller) for caller in (STRANGER, VIEWER)]

    assert tags == [[], ["ours"]]
    assert mine == [{}, {"1": "My project"}]


def test_parameters_are_read_before_anything_is_looked_up():
    assert error(rpc("updateComment", {"id": a_comment()}, STRANGER)) == (
        -32602,
        "Invalid params: content: is required",
    )
    assert error(rpc("updateCategory", [a_category()], STRANGER)) == (
        -32602,
        "Invalid params: name: is required",
    )
