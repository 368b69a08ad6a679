"""Back up the tables of a stage under one name, and restore them.

DynamoDB restores into new tables, named after their origin so that a second run continues with
them. Their rows are copied into the live tables; then they are deleted.
"""

import argparse
import os
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from tqdm import tqdm

from chalicelib.domain.errors import Refused, TaskhookError
from chalicelib.domain.moments import read_moment
from chalicelib.domain.printable import one_line
from tools.account import require_access
from tools.deploy import ASKING, typed
from tools.package import STAGES
from tools.stack import StackError

TABLES = (
    *("projects", "users", "settings", "tasks", "comments", "events"),
    *("payloads", "sources", "deliveries", "endpoints"),
)
"""In the order of restoring: endpoints last, so that a removed one receives none of the rest."""

_WAIT = 5.0
"""Seconds between two polls of a table or backup being created."""


class Source(NamedTuple):
    """The source of a restore: the backups of a name, or a point in time."""

    name: str
    """The part of the restored tables' names."""
    at: datetime | None


def backup(stage: str, name: str, tables: Collection[str] = TABLES) -> None:
    """Back up tables under a name unless they have such a backup, and wait for all.

    Raises:
        StackError: A table is not there.
    """
    prefix = _prefix(stage)
    there = [table for table in tables if name in _backups(prefix + table)]
    for table in tables:
        if table not in there:
            _begin_backup(prefix + table, name)
    for table in tables:
        while (made := _backups(prefix + table)[name])["BackupStatus"] == "CREATING":
            time.sleep(_WAIT)
        print(f"  {table:<12}{made['BackupSizeBytes'] / 1e6:>10,.1f} MB", flush=True)
    _tell(stage, name, there)


def _begin_backup(table: str, name: str) -> None:
    dynamodb = boto3.client("dynamodb")
    try:
        dynamodb.create_backup(TableName=table, BackupName=name)
    except dynamodb.exceptions.TableNotFoundException as error:
        raise StackError(f"there is no table {table}") from error


def _tell(stage: str, name: str, there: Collection[str]) -> None:
    if there:
        kept = f"{name} was there already for {', '.join(there)} and holds what it held"
        print(f"{kept}: another name makes a new one")
    again = f"make restore STAGE={stage} FROM={name}"
    print(f"Backed up as {name}, kept until you delete it. To restore: {again}")


def restore(
    stage: str, source: Source, tables: Collection[str] = TABLES, **how: bool
) -> dict[str, Counter[str]]:
    """Copy the backup into the live tables, print the outcomes of each table's rows, return them.

    `how` is `missing_only`, `dry_run` and `with_numbers` of `tools.restoring.restore`.

    Raises:
        StackError: There is no such backup, or not all rows were copied.
        NotFound: A live table does not exist.
    """
    prefix = f"{_prefix(stage)}restored-{source.name}-"
    print(f"Restoring {len(tables)} tables, which takes DynamoDB some minutes", flush=True)
    _begin(stage, source, _missing(prefix, tables))
    counts = {table: _copy(stage, table, prefix, how) for table in tables}
    if changed := [table for table, outcomes in counts.items() if outcomes["changed_meanwhile"]]:
        raise StackError(f"{', '.join(changed)} changed during the restore: run it again")
    if how.get("dry_run"):
        print(f"Nothing was written. {prefix}* are kept for the next run, or until you delete them")
        return counts
    _delete(prefix, tables)
    print("All rows were copied; the restored tables are deleted")
    return counts


def _delete(prefix: str, tables: Collection[str]) -> None:
    for table in tables:
        boto3.client("dynamodb").delete_table(TableName=prefix + table)


def _prefix(stage: str) -> str:
    return f"taskhook-{stage}-"


def _backups(table: str) -> dict[str, Mapping[str, Any]]:
    """Return a table's backups by name; of two with one name the newer."""
    pages = (
        boto3.client("dynamodb")
        .get_paginator("list_backups")
        .paginate(TableName=table, BackupType="USER")
    )
    found = [
        one for page in pages for one in page["BackupSummaries"] if one["BackupStatus"] != "DELETED"
    ]
    return {
        one["BackupName"]: one
        for one in sorted(found, key=lambda one: one["BackupCreationDateTime"])
    }


def _missing(prefix: str, tables: Iterable[str]) -> list[str]:
    """Return the tables that no earlier run has begun to restore."""
    pages = boto3.client("dynamodb").get_paginator("list_tables").paginate()
    there = {name for page in pages for name in page["TableNames"]}
    return [table for table in tables if prefix + table not in there]


def _begin(stage: str, source: Source, tables: Iterable[str]) -> None:
    """Have DynamoDB restore all tables in parallel."""
    dynamodb = boto3.client("dynamodb")
    asked = {table: origin(_prefix(stage) + table, source) for table in tables}
    for table, one in asked.items():
        target = f"{_prefix(stage)}restored-{source.name}-{table}"
        if source.at is None:
            dynamodb.restore_table_from_backup(TargetTableName=target, **one)
        else:
            dynamodb.restore_table_to_point_in_time(TargetTableName=target, **one)


def origin(table: str, source: Source) -> dict[str, Any]:
    """Return the source of a table's restore, as DynamoDB's arguments. Raises StackError."""
    if source.at is not None:
        return {"SourceTableName": table, "RestoreDateTime": source.at}
    backups = _backups(table)
    if source.name not in backups:
        raise StackError(
            f"{table} has no backup {source.name}; it has {', '.join(backups) or 'none'}"
        )
    return {"BackupArn": backups[source.name]["BackupArn"]}


def _await(table: str) -> None:
    while (
        boto3.client("dynamodb").describe_table(TableName=table)["Table"]["TableStatus"] != "ACTIVE"
    ):
        time.sleep(_WAIT)


def _copy(stage: str, table: str, prefix: str, how: Mapping[str, bool]) -> Counter[str]:
    _await(prefix + table)
    os.environ["TABLE_PREFIX"] = _prefix(stage)
    from tools import restoring  # noqa: PLC0415 -- it reads TABLE_PREFIX

    outcomes = restoring.restore(table, prefix, **how)
    counts = Counter(
        tqdm(outcomes, unit=" rows", mininterval=0.5, desc=table, leave=False, disable=None)
    )
    told = ", ".join(f"{counts[outcome]} {outcome}" for outcome in restoring.OUTCOMES)
    print(f"  {table:<12}{told}", flush=True)
    return counts


def moment(text: str) -> Source:
    """Read a point in time, in UTC unless it says otherwise.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    try:
        seconds = read_moment("time", text)
    except Refused:
        seconds = None
    if seconds is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a time: it takes one such as 2026-01-01T12:00:00Z"
        )
    at = datetime.fromtimestamp(seconds, timezone.utc)
    return Source(_spelt(at), at)


def _spelt(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%SZ}"


def main() -> None:
    """Back up or restore the stage that the command line names."""
    asked = _parser().parse_args()
    tables = [asked.table] if asked.table else TABLES
    try:
        require_access()
        if asked.verb == "backup":
            backup(asked.stage, asked.name or _spelt(datetime.now(timezone.utc)), tables)
        else:
            _require_agreement(asked)
            how = {"missing_only": asked.missing_only, "dry_run": asked.dry_run}
            restore(asked.stage, asked.source, tables, **how)
    except (BotoCoreError, ClientError, StackError, TaskhookError) as error:
        raise SystemExit("\n".join(map(one_line, f"{asked.verb}: {error}".split("\n")))) from error


def _require_agreement(asked: argparse.Namespace) -> None:
    """Ask for confirmation before a restore of prod overwrites newer rows."""
    if asked.stage in ASKING and not (asked.dry_run or asked.missing_only or asked.yes):
        print(
            f"This overwrites newer changes of {asked.stage}. Run it with DRY_RUN=1 to count them."
        )
        if typed(f"Type {asked.stage} to continue: ") != asked.stage:
            raise StackError("nothing was restored")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tools.backup", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    kept, back = verbs.add_parser("backup"), verbs.add_parser("restore")
    for verb in (kept, back):
        verb.add_argument("--stage", default="dev", choices=STAGES)
        verb.add_argument("--table", choices=TABLES, help="(default: all)")
    kept.add_argument("--name", help="(default: the time)")
    which = back.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--from", dest="source", type=lambda name: Source(name, None), help="the name of the backup"
    )
    which.add_argument("--time", dest="source", type=moment, help="such as 2026-01-01T12:00:00Z")
    back.add_argument("--missing-only", action="store_true", help="keep existing rows")
    back.add_argument("--yes", action="store_true", help="do not ask in prod")
    back.add_argument("--dry-run", action="store_true", help="count, and write nothing")
    return parser


if __name__ == "__main__":
    main()
