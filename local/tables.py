"""Tables of an earlier build: indexes are added or replaced; other differences end the start."""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.config import CONFIG
from local.directory import CannotStart

_log = logging.getLogger(__name__)
_TEMPLATE = Path(__file__).parent.parent / ".chalice" / "resources.json"


def complete_tables(client: Any) -> None:
    """Add the indexes and streams that the tables lack; replace indexes that hold something else.

    Args:
        client: A DynamoDB client; all tables exist.

    Raises:
        CannotStart: A table differs so much that it must be created again.
    """
    for table in wanted_tables():
        try:
            _complete(client, table)
        except (BotoCoreError, ClientError) as error:
            raise CannotStart(
                f"the table {table['TableName']} cannot be brought up to date: {error}"
            ) from error


def wanted_tables() -> Iterator[dict[str, Any]]:
    """Yield the template's definition of each table, under its local name."""
    for resource in json.loads(_TEMPLATE.read_text(encoding="utf-8"))["Resources"].values():
        if resource.get("Type") == "AWS::DynamoDB::Table":
            table = resource["Properties"]
            name = table["TableName"]["Fn::Sub"].replace("${AWS::StackName}-", CONFIG.table_prefix)
            yield {**table, "TableName": name}


def _complete(client: Any, wanted: Mapping[str, Any]) -> None:
    name = wanted["TableName"]
    has, needs = _shapes(client.describe_table(TableName=name)["Table"]), _shapes(wanted)
    indexes = wanted.get("GlobalSecondaryIndexes", ())
    new = [index for index in indexes if has.get(index["IndexName"]) != needs[index["IndexName"]]]
    new_names = {index["IndexName"] for index in new}
    if any(has.get(part) != needs[part] for part in needs.keys() - new_names):
        raise CannotStart(
            f"the table {name} is of another build: choose another --data-dir, or move this one "
            f"away"
        )
    _complete_stream(client, wanted)
    for outdated in new_names & has.keys():
        delete = [{"Delete": {"IndexName": outdated}}]
        client.update_table(TableName=name, GlobalSecondaryIndexUpdates=delete)
    if new:
        _add_all(new, wanted, client.meta.endpoint_url)


def _complete_stream(client: Any, wanted: Mapping[str, Any]) -> None:
    name, stream = wanted["TableName"], wanted.get("StreamSpecification")
    if stream and not _has_stream(client, name):
        client.update_table(TableName=name, StreamSpecification={"StreamEnabled": True, **stream})
        _log.warning("taskhook: adding a stream to the table %s", name)


def _has_stream(client: Any, name: str) -> bool:
    table = client.describe_table(TableName=name)["Table"]
    return bool(table.get("StreamSpecification", {}).get("StreamEnabled"))


def _add_all(indexes: Iterable[Any], wanted: Mapping[str, Any], endpoint_url: str) -> None:
    import boto3  # noqa: PLC0415 -- slow to import, rarely needed

    patient = boto3.client("dynamodb", endpoint_url=endpoint_url)  # filling one may take a minute
    for index in indexes:
        _add(patient, wanted, index)


def _shapes(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table's keys under "", and each index's keys and projection under its name."""
    indexes = [*table.get("GlobalSecondaryIndexes", ()), *table.get("LocalSecondaryIndexes", ())]
    shapes = {
        index["IndexName"]: (index["KeySchema"], _held(index["Projection"])) for index in indexes
    }
    return shapes | {"": table["KeySchema"]}


def _held(projection: Mapping[str, Any]) -> set[str]:
    return {projection["ProjectionType"], *projection.get("NonKeyAttributes", ())}


def _add(client: Any, wanted: Mapping[str, Any], index: Mapping[str, Any]) -> None:
    name, keys = wanted["TableName"], {key["AttributeName"] for key in index["KeySchema"]}
    client.update_table(
        TableName=name,
        AttributeDefinitions=[
            known for known in wanted["AttributeDefinitions"] if known["AttributeName"] in keys
        ],
        GlobalSecondaryIndexUpdates=[{"Create": index}],
    )
    # Stores add one index at a time.
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    _log.warning("taskhook: adding the index %s to the table %s", index["IndexName"], name)
