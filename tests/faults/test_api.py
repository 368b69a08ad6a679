"""Kanboard's API on a bad day: lost answers, cancelled transactions, writers that meet."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.adapters.dynamodb.store import ConditionFailed, Conflict
from chalicelib.adapters.dynamodb.tables import Comment, Endpoint, Project, Settings, Task, User
from chalicelib.domain.errors import NotAuthorized, NotFound, Refused, StoreUnavailable
from chalicelib.services.accounts import access, lockout, settings, users
from chalicelib.services.accounts.lockout import Origin
from chalicelib.services.endpoints import endpoints
from chalicelib.services.projects import membership, project_items, projects
from chalicelib.services.tasks import comments, lifecycle, moving, removal
from tests.support.aws_faults import answering, listening, lost, meanwhile, timed_out, wrong
from tests.support.cloud import PASSWORD
from tests.support.http_calls import HERE, result

pytestmark = pytest.mark.usefixtures("cloud")

TABLES = ("tasks", "comments", "users", "projects", "settings")
TASKS, COMMENTS, USERS, PROJECTS, SETTINGS = (f'"taskhook-dev-{table}"' for table in TABLES)


def cancelled(*codes):
    reasons = [{"Code": code, "Message": "not today"} for code in codes]
    kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"
    return answering({"__type": kind, "Message": "cancelled", "CancellationReasons": reasons}, 400)


CONFLICT = answering(
    {"__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException"}, 400
)


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        (["None", "ConditionalCheckFailed"], ConditionFailed),
        (["TransactionConflict", "None"], Conflict),
        (["ThrottlingError", "None"], StoreUnavailable),
    ],
)
def test_a_cancelled_transaction_says_why(codes, kind):
    user = users.get_user(1)

    with wrong("TransactWriteItems", cancelled(*codes)), pytest.raises(kind) as raised:
        user.change({"username": "root"})

    assert type(raised.value) is kind


def test_a_throttled_transaction_is_not_taken_for_a_name_that_is_taken():
    with (
        wrong("TransactWriteItems", cancelled("ThrottlingError", "None")),
        pytest.raises(StoreUnavailable),
    ):
        users.add_user("ada")


def test_a_change_that_meets_a_transaction_is_tried_again():
    task_id = lifecycle.create_task({"title": "x"})

    with wrong("UpdateItem", CONFLICT, TASKS, times=2):
        lifecycle.update_task(task_id, {"title": "y"})

    assert lifecycle.find_task(task_id).title == "y"


def test_a_task_whose_removal_is_answered_too_late_is_removed_with_its_comments():
    task_id = lifecycle.create_task({"title": "x"})
    comments.add_comment(task_id, 1, "hello", "", "user")

    with wrong("DeleteItem", lost, TASKS, times=1):
        removal.remove_task(task_id)

    assert (list(Task.scan()), list(Comment.scan())) == ([], [])


def test_a_removal_that_ends_half_way_is_finished_by_the_next():
    task_id = lifecycle.create_task({"title": "x"})
    comments.add_comment(task_id, 1, "hello", "", "user")

    with wrong("BatchWriteItem", timed_out, COMMENTS), pytest.raises(StoreUnavailable):
        removal.remove_task(task_id)
    removal.remove_task(task_id)

    assert (list(Task.scan()), list(Comment.scan())) == ([], [])


def test_a_user_is_removed_last_so_that_another_call_can_finish():
    user = users.add_user("ada")
    task_id = lifecycle.create_task({"title": "x", "owner_id": str(user.id)})

    with wrong("Query", timed_out), pytest.raises(StoreUnavailable):
        removal.remove_user(int(user.id))
    removal.remove_user(int(user.id))

    assert lifecycle.find_task(task_id).owner_id == 0
    with pytest.raises(NotFound):
        users.get_user(int(user.id))


def test_a_transaction_whose_answer_is_lost_is_repeated_under_its_token():
    task_id = lifecycle.create_task({"title": "x"})

    with listening() as calls, wrong("TransactWriteItems", timed_out, times=1):
        comments.add_comment(task_id, 1, "one", "", "user")
        comments.add_comment(task_id, 1, "another", "", "user")

    lost, repeated, other = (
        call.asked["ClientRequestToken"] for call in calls if call.operation.startswith("Transact")
    )
    assert lost == repeated != other


def test_a_part_of_a_project_whose_answer_is_lost_is_added_once():
    with wrong("UpdateItem", lost, PROJECTS, times=1):
        number = project_items.add_part(1, "columns", "New")

    assert [(column.id, column.name) for column in projects.find_project(1).columns][-2:] == [
        (4, "Done"),
        (number, "New"),
    ]


def test_roles_whose_answers_are_lost_are_given_and_ended():
    user_id = int(users.add_user("ada").id)

    with wrong("UpdateItem", lost, PROJECTS, times=1):
        membership.set_role(1, user_id, "project-viewer", is_member=False)
    given = projects.role_in(projects.find_project(1), user_id)
    with wrong("UpdateItem", lost, PROJECTS, times=1):
        membership.set_role(1, user_id, None, is_member=True)

    assert (given, projects.role_in(projects.find_project(1), user_id)) == ("project-viewer", None)


def test_an_endpoint_whose_answer_is_lost_is_added_once_and_known():
    with wrong("PutItem", lost, times=1):
        added = endpoints.add_endpoint("https://127.0.0.1/", ["task.created"])

    assert [row.id for row in Endpoint.scan()] == [added.id]


def test_a_new_secret_whose_answer_is_lost_is_kept():
    endpoints.add_endpoint("https://127.0.0.1/", endpoint_id="ci")

    with wrong("UpdateItem", lost, times=1):
        endpoints.change_endpoint("ci", secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    assert endpoints.find_endpoint("ci").endpoint.secret == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_right_password_is_right_though_an_answer_is_lost():
    settings.session_key()

    with wrong("UpdateItem", lost, SETTINGS, times=1):
        caller = access.sign_in("admin", PASSWORD, Origin(HERE))

    assert caller.id == 1


def test_a_user_who_is_removed_while_the_password_is_looked_at_does_not_come_back():
    user = users.add_user("ada", "secret")
    settings.session_key()

    with wrong("UpdateItem", meanwhile(lambda: User(user.id).delete()), SETTINGS, skip=1, times=1):
        access.sign_in("ada", "secret", Origin(HERE))

    assert [row.id for row in User.scan()] == [1]


@pytest.mark.parametrize("name", ["api_token", "webhook_token"])
def test_an_empty_token_lets_nobody_in(name):
    Settings.get("settings").update(actions=[getattr(Settings, name).set("")])
    settings.CACHE.forget()

    assert not settings.is_api_token("") or name != "api_token"
    assert not settings.is_webhook_token("") or name != "webhook_token"


def test_two_administrators_who_demote_each_other_leave_one():
    users.add_user("ada", role="administrator")

    def demote_the_other():
        users.update_user(2, role="user")

    with (
        wrong("TransactWriteItems", meanwhile(demote_the_other), times=1),
        pytest.raises(ConditionFailed),
    ):
        users.update_user(1, role="user")

    assert [user.role for user in users.list_users()] == ["administrator", "user"]


def test_a_task_that_moves_to_another_project_meanwhile_is_not_put_into_a_column_of_the_first():
    projects.add_project("Other")
    task_id = lifecycle.create_task({"title": "x"})
    leave = meanwhile(lambda: moving.move_to_project(task_id, {"project_id": "2"}))

    with (
        wrong("Query", leave, times=1),
        pytest.raises(Refused, match="has just moved to another project"),
    ):
        moving.move_task(task_id, 2, 1)

    task = lifecycle.find_task(task_id)
    assert (task.project_id, task.column_id) == (2, 5)


def test_many_who_tag_and_comment_at_once_are_all_heard():
    task_id = lifecycle.create_task({"title": "x"})

    with ThreadPoolExecutor(8) as threads:
        tagged = list(
            threads.map(lambda n: lifecycle.create_task({"title": "y"}, tags=[f"t{n}"]), range(16))
        )
        said = list(
            threads.map(lambda n: comments.add_comment(task_id, 1, str(n), "", "user"), range(16))
        )

    assert len({*tagged, *said}) == 32
    assert len(projects.find_project(1).tags) == 16
    assert lifecycle.find_task(task_id).comments == 16


def test_rows_that_were_made_by_hand_break_nothing_else():
    lifecycle.create_task({"title": "Ours"})
    Task._get_connection().put_item(
        "7",
        attributes={"title": {"S": "By hand"}, "project_id": {"N": "1"}, "is_active": {"N": "1"}},
    )
    User(id=9, username="hand").save()
    Project(id=9, name="By hand", identifier="HAND").save()

    shown = result("getAllTasks", [1]), result("getBoard", [1])

    assert [task["title"] for task in shown[0]] == ["Ours", "By hand"]
    assert shown[1][0]["nb_tasks"] == 2
    assert (result("removeUser", [9]), result("removeProject", [9])) == (True, True)


def test_a_tag_that_is_removed_at_once_again_is_passed_over():
    take_back = meanwhile(lambda: projects.change_project(1, lambda _: {"tags": []}))

    with wrong("GetItem", take_back, '"taskhook-dev-projects"', skip=2, times=1):
        ids = project_items.tag_ids(1, ["here today"])

    assert ids == set()


def test_an_account_that_is_tried_too_often_is_told_to_wait():
    counts = lockout.counts_of("admin", Origin(HERE), is_known=False)
    for _ in range(10):
        lockout.count(counts)

    with pytest.raises(NotAuthorized) as refused:
        access.sign_in("admin", PASSWORD, Origin(HERE))

    assert 0 < refused.value.wait <= 1
