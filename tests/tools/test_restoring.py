"""A restored table copied into the one in use: what is missing, what differs, what must stay."""

import boto3
import pytest

from chalicelib.adapters.dynamodb.tables import Endpoint, Numbers, Task, User
from chalicelib.config import CONFIG
from chalicelib.domain.errors import NotFound
from chalicelib.services.accounts import users
from chalicelib.services.endpoints import endpoints
from chalicelib.services.tasks import lifecycle, removal
from tests.support.deliveries import edit
from tools import restoring

PREFIX = "taskhook-restored-"


@pytest.fixture
def dynamodb(cloud):  # noqa: ARG001 -- a client of that cloud
    return boto3.client("dynamodb")


def back_up(dynamodb, name, key="task_id", kind="N"):
    """Copy a table as it is now to where point-in-time recovery would put it."""
    table = PREFIX + name
    dynamodb.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": kind}],
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
    )
    for row in dynamodb.scan(TableName=CONFIG.table_prefix + name)["Items"]:
        dynamodb.put_item(TableName=table, Item=row)


def restore(name, *, missing_only=False, dry_run=False):
    return sorted(restoring.restore(name, PREFIX, missing_only=missing_only, dry_run=dry_run))


def rename(task_id, title):
    lifecycle.change_task(task_id, lambda _: {"title": title})


def titles_and_versions():
    return {int(task.task_id): (task.title, int(task.version)) for task in Task.scan()}


@pytest.fixture
def damaged(dynamodb, cloud):
    """Three tasks and their backup; then one was removed, one changed twice, one added."""
    for title in ("removed", "changed", "same"):
        lifecycle.create_task({"title": title})
    back_up(dynamodb, "tasks")
    removal.remove_task(1)
    rename(2, "spoilt")
    rename(2, "spoilt again")
    lifecycle.create_task({"title": "new"})
    cloud.records()


@pytest.mark.usefixtures("damaged")
def test_a_restored_row_is_added_or_replaces_a_newer_one_as_a_newer_one_still():
    counted = restore("tasks", dry_run=True)
    untouched = titles_and_versions()

    done = restore("tasks")

    again = restore("tasks")
    assert untouched == {2: ("spoilt again", 3), 3: ("same", 1), 4: ("new", 1)}
    assert counted == done == ["added", "replaced", "same"]
    assert titles_and_versions() == {
        1: ("removed", 1),
        2: ("changed", 4),
        3: ("same", 1),
        4: ("new", 1),
    }
    assert again == ["same", "same", "same"]


@pytest.mark.usefixtures("damaged")
def test_what_is_there_is_left_where_only_the_missing_is_wanted():
    done = restore("tasks", missing_only=True)

    assert done == ["added", "left", "same"]
    assert titles_and_versions() == {
        1: ("removed", 1),
        2: ("spoilt again", 3),
        3: ("same", 1),
        4: ("new", 1),
    }


@pytest.mark.usefixtures("damaged")
def test_a_restored_task_is_heard_of_like_any_change(cloud):
    restore("tasks")

    names = sorted(
        (record["eventName"], record["dynamodb"]["Keys"]["task_id"]["N"])
        for record in cloud.records()
    )
    assert names == [("INSERT", "1"), ("MODIFY", "2")]


def test_a_restored_task_that_was_only_edited_by_hand_is_a_newer_one_still(dynamodb):
    lifecycle.create_task({"title": "as it was"})
    back_up(dynamodb, "tasks")
    edit("tasks", {"task_id": {"N": "1"}}, title={"S": "spoilt"})

    done = restore("tasks")

    assert (done, titles_and_versions()) == (["replaced"], {1: ("as it was", 2)})


@pytest.mark.parametrize("key", ["1", "2"])
@pytest.mark.usefixtures("damaged")
def test_a_row_that_another_writes_meanwhile_is_not_overwritten(dynamodb, key):
    one, other = (
        restoring._Copy("taskhook-dev-tasks", missing_only=False, dry_run=False) for _ in range(2)
    )
    [restored] = [
        row
        for row in dynamodb.scan(TableName=PREFIX + "tasks")["Items"]
        if row["task_id"]["N"] == key
    ]
    seen = one.live(restored)

    outcomes = [other.row(restored), one.write(restored, seen)]

    assert outcomes[1] == "changed_meanwhile"


@pytest.fixture
def renamed(dynamodb):
    """A user who was renamed since the backup, and a copier that has read the row."""
    users.add_user("ann", name="Ann")
    back_up(dynamodb, "users", "id", "N")
    users.update_user(2, name="Spoilt")
    [restored] = [
        row for row in dynamodb.scan(TableName=PREFIX + "users")["Items"] if row["id"]["N"] == "2"
    ]
    copy = restoring._Copy("taskhook-dev-users", missing_only=False, dry_run=False)
    live = copy.live(restored)
    return lambda: copy.write(restored, live)


def test_a_row_without_a_version_that_another_writes_meanwhile_is_not_overwritten(renamed):
    users.update_user(2, name="Another's")

    outcome = renamed()

    assert (outcome, User.get(2).name) == ("changed_meanwhile", "Another's")


def test_a_row_that_another_removes_meanwhile_does_not_come_back_in_part(renamed):
    users.remove_user(2)

    outcome = renamed()

    assert (outcome, [int(user.id) for user in User.scan()]) == ("changed_meanwhile", [1])


def test_what_another_adds_to_a_row_meanwhile_is_kept(renamed):
    users.sign_out(User.get(2))

    outcome = renamed()

    kept = User.get(2)
    assert (outcome, kept.name, kept.sign_outs) == ("replaced", "Ann", 1)


@pytest.mark.parametrize("meanwhile", ["counted on", "gone"])
def test_no_id_is_given_again_by_the_settings_that_are_restored(dynamodb, meanwhile):
    back_up(dynamodb, "settings", "id", "S")
    Numbers.reserve("user", 5)
    if meanwhile == "gone":
        Numbers().delete()
    before = [row.to_simple_dict() for row in Numbers.query("numbers")]

    done = restore("settings")

    assert set(done) == {"same", "left"}
    assert [row.to_simple_dict() for row in Numbers.query("numbers")] == before


def test_an_endpoint_may_be_named_as_the_row_that_counts_is(dynamodb):
    endpoints.add_endpoint("http://127.0.0.1:9/", endpoint_id="numbers")
    back_up(dynamodb, "endpoints", "id", "S")
    endpoints.remove_endpoint("numbers")

    done = restore("endpoints")

    assert done == ["added"]


def test_a_row_without_a_version_is_restored_whole(dynamodb):
    added = endpoints.add_endpoint(
        "http://127.0.0.1:9/", ["task.removed", "task.created"], endpoint_id="ci"
    )
    back_up(dynamodb, "endpoints", "id", "S")
    endpoints.change_endpoint("ci", "http://127.0.0.1:9/wrong")

    done = restore("endpoints")

    kept = Endpoint.get("ci")
    assert done == ["replaced"]
    assert (kept.url, kept.events, kept.secret) == (added.url, added.events, added.secret)


@pytest.mark.parametrize(
    ("name", "missing"), [("tasks", "taskhook-restored-tasks"), ("x", "taskhook-dev-x")]
)
@pytest.mark.usefixtures("cloud")
def test_a_table_that_is_not_there_is_named(name, missing):
    with pytest.raises(NotFound, match=f"there is no table {missing}"):
        restore(name)
