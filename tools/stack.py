"""A CloudFormation stack: create, change, import and delete it, with live events."""

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

from chalicelib.domain.printable import one_line

_WELL = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "DELETE_COMPLETE"}
_WAIT = 2.0
"""Seconds between two polls of CloudFormation."""
_TABLE = "AWS::DynamoDB::Table"


class StackError(Exception):
    """A failure of a stack operation, explained for people."""


class Stack:
    """A stack of this account and region, by its name."""

    def __init__(self, name: str, tags: Mapping[str, str]) -> None:
        """Keep the name of the stack, which may not exist, and the tags for its resources."""
        self.name = name
        self._tags = [{"Key": key, "Value": value} for key, value in tags.items()]
        self._client = boto3.client("cloudformation")

    def status(self) -> str:
        """Return the stack's CloudFormation status; empty if it does not exist."""
        return str(self._described().get("StackStatus", ""))

    def outputs(self) -> dict[str, str]:
        """Return the stack's outputs."""
        return {
            output["OutputKey"]: output["OutputValue"]
            for output in self._described().get("Outputs", ())
        }

    def parameters(self) -> dict[str, str]:
        """Return the stack's parameters, given or default."""
        return {
            one["ParameterKey"]: one["ParameterValue"]
            for one in self._described().get("Parameters", ())
        }

    def create(self, template_url: str, parameters: Mapping[str, str]) -> None:
        """Create the stack; missing parameters have their defaults.

        Raises:
            StackError: With what failed first.
        """
        made = self._client.create_stack(
            StackName=self.name, Tags=self._tags, **_template(template_url, parameters)
        )
        self._follow(made["StackId"])

    def update(self, template_url: str, parameters: Mapping[str, str]) -> None:
        """Change the stack; missing parameters have their defaults.

        Raises:
            StackError: With what failed first; the stack is as it was before.
        """
        last = self._last_event(self.name)
        changed = self._client.update_stack(
            StackName=self.name, Tags=self._tags, **_template(template_url, parameters)
        )
        self._follow(changed["StackId"], last)

    def preview(self, template_url: str, parameters: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return CloudFormation's description of an update without executing it.

        Raises:
            StackError: With what CloudFormation says.
        """
        # A unique name: an interrupted run leaves its change set, whose name stays in use.
        name = {"StackName": self.name, "ChangeSetName": f"preview-{secrets.token_hex(4)}"}
        wanted = _template(template_url, parameters)
        self._client.create_change_set(**name, ChangeSetType="UPDATE", Tags=self._tags, **wanted)
        try:
            self._await_change_set(**name)
            described = self._client.get_paginator("describe_change_set").paginate(**name)
            return [change["ResourceChange"] for page in described for change in page["Changes"]]
        finally:
            self._client.delete_change_set(**name)

    def resource(self, logical: str) -> str:
        """Return the physical id of a resource by its name in the template."""
        described = self._client.describe_stack_resource(
            StackName=self.name, LogicalResourceId=logical
        )
        return str(described["StackResourceDetail"]["PhysicalResourceId"])

    def adopt(self, template: Mapping[str, Any], tables: Mapping[str, str]) -> None:
        """Make the stack of tables that a deleted one has left, and of nothing else.

        Args:
            template: What declares them, and more.
            tables: The names of the tables by their names in the template.

        Raises:
            StackError: With what CloudFormation says.
        """
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import.html
        # An import creates nothing, and may have neither outputs nor new tags.
        only = {
            "Parameters": template.get("Parameters", {}),
            "Resources": {logical: template["Resources"][logical] for logical in tables},
        }
        change = self._client.create_change_set(
            StackName=self.name,
            ChangeSetName="adopt-tables",
            ChangeSetType="IMPORT",
            TemplateBody=json.dumps(only, separators=(",", ":")),
            ResourcesToImport=[_table_to_import(*named) for named in tables.items()],
        )
        self._await_change_set(ChangeSetName=change["Id"])
        last = self._last_event(change["StackId"])
        self._client.execute_change_set(ChangeSetName=change["Id"])
        self._follow(change["StackId"], last)

    def delete(self) -> None:
        """Delete the stack except its retained resources.

        Raises:
            StackError: With what failed first.
        """
        stack_id, last = self._described()["StackId"], self._last_event(self.name)
        self._client.delete_stack(StackName=self.name)
        self._follow(stack_id, last)

    def tables(self) -> list[str]:
        """Return the names of the stack's tables."""
        pages = self._client.get_paginator("list_stack_resources").paginate(StackName=self.name)
        resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
        return [
            resource["PhysicalResourceId"]
            for resource in resources
            if resource["ResourceType"] == _TABLE
        ]

    def _described(self, name: str | None = None) -> dict[str, Any]:
        try:
            described: list[dict[str, Any]] = self._client.describe_stacks(
                StackName=name or self.name
            )["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return {}
            raise
        return described[0]

    def _await_change_set(self, **name: str) -> None:
        while True:
            described = self._client.describe_change_set(**name)
            if described["Status"] == "FAILED" and not _is_empty(described):
                raise StackError(
                    f"CloudFormation refuses the change: {described.get('StatusReason')}"
                )
            if described["Status"] == "FAILED":
                return
            if described["Status"] == "CREATE_COMPLETE":
                return
            time.sleep(_WAIT)

    def _follow(self, stack_id: str, last: str = "") -> None:
        """Print the stack's new events until its operation has ended."""
        failed = ""
        while True:
            status = str(self._described(stack_id)["StackStatus"])
            for event in reversed(list(self._events_after(stack_id, last))):
                last = event["EventId"]
                print(_line(event), flush=True)
                failed = failed or _failure(event)
            if not status.endswith("_IN_PROGRESS"):
                break
            time.sleep(_WAIT)
        if status not in _WELL:
            raise StackError(f"{self.name} is {status}. {failed}")

    def _events_after(self, stack_id: str, last: str) -> Iterator[Mapping[str, Any]]:
        """Return events newer than the last known one, the newest first."""
        for page in self._client.get_paginator("describe_stack_events").paginate(
            StackName=stack_id
        ):
            for event in page["StackEvents"]:
                if event["EventId"] == last:
                    return
                yield event

    def _last_event(self, stack_id: str) -> str:
        return next((event["EventId"] for event in self._events_after(stack_id, "")), "")


def _is_empty(change_set: Mapping[str, Any]) -> bool:
    reason = str(change_set.get("StatusReason", ""))
    return "didn't contain changes" in reason or "No updates are to be performed" in reason


def _template(url: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    return {
        "TemplateURL": url,
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    }


def _line(event: Mapping[str, Any]) -> str:
    reason = (
        f"  {event['ResourceStatusReason']}" if event["ResourceStatus"].endswith("_FAILED") else ""
    )
    line = (
        f"  {event['Timestamp']:%H:%M:%S}  {event['ResourceStatus']:<28} "
        f"{event['LogicalResourceId']}{reason}"
    )
    return one_line(line)


def _failure(event: Mapping[str, Any]) -> str:
    """Return an event's failure; empty if it only follows from another one."""
    reason = event.get("ResourceStatusReason", "")
    if not event["ResourceStatus"].endswith("_FAILED") or "cancelled" in reason:
        return ""
    return f"{event['LogicalResourceId']}: {reason}"


def _table_to_import(logical: str, name: str) -> dict[str, Any]:
    identifier = {"TableName": name}
    return {
        "ResourceType": _TABLE,
        "LogicalResourceId": logical,
        "ResourceIdentifier": identifier,
    }
