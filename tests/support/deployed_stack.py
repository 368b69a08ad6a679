"""What calls the deployed stack: HTTP through its API Gateway, and AWS's own clients."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import boto3
import requests

from tests.support.local_run import ROOT, wait_until
from tools.cloud import Cloud
from tools.package import TEMPLATE

STACK = "taskhook-dev"


class Deployed(NamedTuple):
    """A stack that runs, and its token."""

    cloud: Cloud
    api_id: str
    token: str

    @property
    def rpc_url(self) -> str:
        """Kanboard's API, by the address that needs no name of its own."""
        return f"http://127.0.0.1:{self.cloud.port}/_aws/execute-api/{self.api_id}/api/jsonrpc.php"

    def request(self, method: str, path: str = "", **options: Any) -> requests.Response:
        """Send one request to a path below the stage; redirects are not followed."""
        url = f"http://127.0.0.1:{self.cloud.port}/api/{path}"
        headers = {"Host": urlsplit(self.cloud.url(self.api_id)).netloc} | options.pop(
            "headers", {}
        )
        return requests.request(
            method, url, headers=headers, timeout=30, allow_redirects=False, **options
        )

    def add(self, title: str, **more: str) -> requests.Response:
        """Add a task by URL."""
        query = {"controller": "task", "action": "add", "token": self.token, "title": title, **more}
        return self.request("GET", params=query)

    def deliveries(self, endpoint_id: str) -> list[dict[str, Any]]:
        """Return the rows of the deliveries to an endpoint."""
        items = boto3.client("dynamodb").scan(TableName=f"{STACK}-deliveries", ConsistentRead=True)[
            "Items"
        ]
        return [row for row in items if row["endpoint_id"]["S"] == endpoint_id]

    def wait_for_states(self, endpoint_id: str, *states: str, patience: float = 60) -> None:
        """Wait until the deliveries to an endpoint stand like this, in any order."""
        wait_until(
            lambda: (
                sorted(row["status"]["S"] for row in self.deliveries(endpoint_id)) == sorted(states)
            ),
            patience,
        )


def deployed_to(cloud: Cloud, said: str) -> Deployed:
    """Return the stack that `make deploy` tells of."""
    [api_id] = set(re.findall(r"https://(\w+)\.execute-api", said))
    [token] = re.findall("token=([0-9a-f]+)", said)
    return Deployed(cloud, api_id, token)


def deploy(*arguments: Any, stage: str = "dev", code: int = 0, line: str = "") -> str:
    """Run what `make deploy`, `rollback` or `destroy` run after packaging; return the output."""
    return run_tool("deploy", *arguments, stage=stage, code=code, line=line)


def run_tool(name: str, *arguments: Any, stage: str = "dev", code: int = 0, line: str = "") -> str:
    """Run one of our tools for a stage, and return what it says."""
    command = [sys.executable, "-m", f"tools.{name}", *map(str, arguments), "--stage", stage]
    done = subprocess.run(
        command, cwd=ROOT, input=line, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def aws(*arguments: str) -> Any:
    """Run the AWS command line, and return the JSON that it prints."""
    command = [sys.executable, "-m", "awscli", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout) if done.stdout.strip() else None


def put_endpoint(endpoint_id: str, url: str) -> None:
    """Add an endpoint as one does in the console."""
    row = {"id": {"S": endpoint_id}, "url": {"S": url}}
    boto3.client("dynamodb").put_item(TableName=f"{STACK}-endpoints", Item=row)


def set_what_templates_cannot(release: Path) -> None:
    """Set what MiniStack omits when it makes tables: expiry and point-in-time recovery."""
    dynamodb = boto3.client("dynamodb")
    declared = json.loads((release / TEMPLATE).read_text())["Resources"].values()
    for table in (one["Properties"] for one in declared if one["Type"] == "AWS::DynamoDB::Table"):
        name = table["TableName"]["Fn::Sub"].replace("${AWS::StackName}", STACK)
        recovery = table["PointInTimeRecoverySpecification"]
        dynamodb.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification=recovery
        )
        if "TimeToLiveSpecification" in table:
            dynamodb.update_time_to_live(
                TableName=name, TimeToLiveSpecification=table["TimeToLiveSpecification"]
            )
