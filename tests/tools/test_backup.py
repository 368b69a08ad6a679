"""Backups of all tables under one name, and what is put back of them."""

import argparse
import io
import sys
from datetime import datetime, timezone

import boto3
import pytest

from chalicelib.adapters.dynamodb.tables import Endpoint, Task
from chalicelib.domain.errors import NotFound
from chalicelib.services.endpoints import endpoints
from chalicelib.services.tasks import lifecycle, removal
from tests.support.stack_names import TABLES as DECLARED
from tools import backup
from tools.backup import TABLES, Source, moment
from tools.stack import StackError

KEPT = Source("before", None)
COPIES = "taskhook-dev-restored-before-"


@pytest.fixture
def dynamodb(cloud):  # noqa: ARG001 -- a client of that cloud
    return boto3.client("dynamodb")


def tables_of(dynamodb, prefix):
    return sorted(name for name in dynamodb.list_tables()["TableNames"] if name.startswith(prefix))


def titles_by_id():
    return {int(task.task_id): task.title for task in Task.scan()}


@pytest.fixture
def damaged(dynamodb):  # noqa: ARG001 -- it is there
    """Two tasks and an endpoint were kept; then one task was changed, the others removed."""
    for title in ("removed", "changed"):
        lifecycle.create_task({"title": title})
    endpoints.add_endpoint("http://127.0.0.1:9/", endpoint_id="ci")
    backup.backup("dev", "before")
    removal.remove_task(1)
    lifecycle.change_task(2, lambda _: {"title": "spoilt"})
    endpoints.remove_endpoint("ci")


def test_the_tables_are_those_of_the_template():
    assert sorted(TABLES) == sorted(DECLARED.values())


def test_a_backup_keeps_every_table_under_its_name_once(dynamodb, capsys):
    backup.backup("dev", "before", ["tasks"])

    backup.backup("dev", "before")

    kept = [
        (one["TableName"], one["BackupName"]) for one in dynamodb.list_backups()["BackupSummaries"]
    ]
    assert sorted(kept) == sorted((f"taskhook-dev-{table}", "before") for table in TABLES)
    assert capsys.readouterr().out.splitlines()[-1] == (
        "Backed up as before, kept until you delete it. "
        "To restore: make restore STAGE=dev FROM=before"
    )


def test_a_backup_that_is_there_is_not_taken_for_a_new_one(dynamodb, capsys):
    backup.backup("dev", "before", ["tasks"])
    dynamodb.put_item(TableName="taskhook-dev-tasks", Item={"task_id": {"N": "1"}})
    capsys.readouterr()

    backup.backup("dev", "before", ["tasks", "users"])

    assert capsys.readouterr().out.splitlines()[-2] == (
        "before was there already for tasks and holds what it held: another name makes a new one"
    )


@pytest.mark.usefixtures("damaged")
def test_all_tables_are_put_back_and_the_restored_ones_deleted(dynamodb, capsys):
    backup.restore("dev", KEPT)

    assert titles_by_id() == {1: "removed", 2: "changed"}
    assert [endpoint.id for endpoint in Endpoint.scan()] == ["ci"]
    assert tables_of(dynamodb, COPIES) == []
    assert (
        "  tasks       1 added, 1 replaced, 0 same, 0 left, 0 changed_meanwhile\n"
        in capsys.readouterr().out
    )


@pytest.mark.usefixtures("damaged")
def test_one_table_is_put_back_alone():
    backup.restore("dev", KEPT, ["tasks"])

    assert titles_by_id() == {1: "removed", 2: "changed"}
    assert list(Endpoint.scan()) == []


@pytest.mark.usefixtures("damaged")
def test_what_is_there_is_left_where_only_the_missing_is_wanted():
    backup.restore("dev", KEPT, missing_only=True)

    assert titles_by_id() == {1: "removed", 2: "spoilt"}


@pytest.mark.usefixtures("damaged")
def test_a_dry_run_counts_and_leaves_its_tables_for_the_run_that_follows(dynamodb, capsys):
    backup.restore("dev", KEPT, ["tasks"], dry_run=True)
    counted, seen, copies = capsys.readouterr().out, titles_by_id(), tables_of(dynamodb, COPIES)

    backup.restore("dev", KEPT, ["tasks"])

    line = "  tasks       1 added, 1 replaced, 0 same, 0 left, 0 changed_meanwhile\n"
    assert line in counted
    assert line in capsys.readouterr().out
    assert (seen, copies) == ({2: "spoilt"}, [COPIES + "tasks"])
    assert tables_of(dynamodb, COPIES) == []


@pytest.mark.usefixtures("damaged")
def test_a_run_goes_on_where_an_earlier_one_stopped(dynamodb):
    dynamodb.restore_table_from_backup(
        TargetTableName=COPIES + "projects",
        BackupArn=dynamodb.list_backups(TableName="taskhook-dev-projects")["BackupSummaries"][0][
            "BackupArn"
        ],
    )

    backup.restore("dev", KEPT)

    assert titles_by_id() == {1: "removed", 2: "changed"}
    assert tables_of(dynamodb, COPIES) == []


@pytest.mark.usefixtures("damaged")
def test_restored_tables_stay_where_not_all_of_their_rows_could_be_copied(dynamodb):
    dynamodb.delete_table(TableName="taskhook-dev-endpoints")

    with pytest.raises(NotFound, match="there is no table taskhook-dev-endpoints"):
        backup.restore("dev", KEPT)

    assert tables_of(dynamodb, COPIES) == sorted(COPIES + table for table in TABLES)


@pytest.mark.usefixtures("damaged")
def test_a_backup_that_is_not_there_is_named_beside_those_that_are_before_anything_is_restored(
    dynamodb,
):
    with pytest.raises(StackError) as refused:
        backup.restore("dev", Source("after", None))

    assert str(refused.value) == "taskhook-dev-projects has no backup after; it has before"
    assert tables_of(dynamodb, "taskhook-dev-restored-") == []


def test_a_table_that_is_not_there_cannot_be_kept(dynamodb):
    dynamodb.delete_table(TableName="taskhook-dev-tasks")

    with pytest.raises(StackError, match="there is no table taskhook-dev-tasks"):
        backup.backup("dev", "before")


@pytest.mark.usefixtures("cloud")
def test_rows_of_prod_are_replaced_only_where_somebody_agrees(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["backup", "restore", "--stage", "prod", "--from", "before"])
    monkeypatch.setattr(sys, "stdin", io.StringIO("dev\n"))

    with pytest.raises(SystemExit, match="restore: nothing was restored"):
        backup.main()


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize("agreed", ["--yes", "--dry-run", "--missing-only"])
def test_nobody_is_asked_who_has_agreed_or_replaces_nothing(monkeypatch, agreed):
    monkeypatch.setattr(
        sys, "argv", ["backup", "restore", "--stage", "prod", "--from", "before", agreed]
    )

    with pytest.raises(
        SystemExit, match="taskhook-prod-projects has no backup before; it has none"
    ):
        backup.main()


@pytest.mark.parametrize("text", ["soon", "", "2026-13-01"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(
        argparse.ArgumentTypeError, match="is not a time: it takes one such as 2026-01-01T12:00:00Z"
    ):
        moment(text)


@pytest.mark.usefixtures("cloud")
def test_a_point_in_time_is_asked_of_dynamodb_and_stands_in_the_tables_names(dynamodb, capsys):
    # Moto restores what is there now, whatever the time.
    lifecycle.create_task({"title": "as it was"})

    backup.restore("dev", moment("2026-01-01T13:00:00+01:00"), ["tasks"], dry_run=True)

    assert moment("2026-01-01T12:00:00Z").at == datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
    assert tables_of(dynamodb, "taskhook-dev-restored-") == [
        "taskhook-dev-restored-20260101T120000Z-tasks"
    ]
    assert (
        "  tasks       0 added, 0 replaced, 1 same, 0 left, 0 changed_meanwhile\n"
        in capsys.readouterr().out
    )
