"""Releases: a zip and a template in the account's bucket, named by their content."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from tools.package import ARCHIVE, TEMPLATE
from tools.stack import StackError


def read(
    stage: str, out: Path, bucket: str, outputs: Mapping[str, str]
) -> tuple[str, dict[str, Any]]:
    """Return the name and template of a folder's release; it knows the release before.

    Args:
        stage: The stage that it is for.
        out: The folder.
        bucket: Where the releases are.
        outputs: Those of the stack.

    Raises:
        StackError: It is another stage's.
    """
    code = hashlib.sha256((out / ARCHIVE).read_bytes()).hexdigest()[:12]
    text = (out / TEMPLATE).read_text()
    text = text.replace(f'"./{ARCHIVE}"', json.dumps(f"s3://{bucket}/{code}.zip"))
    if f":stage={stage}:" not in text:
        raise StackError(f"{out} holds another stage: run make package STAGE={stage}")
    release = hashlib.sha256(text.encode()).hexdigest()[:12]
    template: dict[str, Any] = json.loads(text)
    template["Outputs"] |= {"Code": {"Value": code}, "Release": {"Value": release}}
    running = outputs.get("Release")
    before = outputs.get("ReleaseBefore") if running == release else running
    if before:
        template["Outputs"]["ReleaseBefore"] = {"Value": before}
    return release, template


def keep(out: Path, bucket: str, template: Mapping[str, Any]) -> str:
    """Upload a release, and return the URL of its template."""
    s3, outputs = boto3.client("s3"), template["Outputs"]
    s3.upload_file(str(out / ARCHIVE), bucket, f"{outputs['Code']['Value']}.zip")
    release = outputs["Release"]["Value"]
    _put(bucket, release, template)
    return template_url(bucket, release)


def way_back(bucket: str, outputs: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """Return the template that brings back the release before, and its URL.

    It keeps the tables and indexes that the running release has added, so that going back deletes
    nothing and the next upgrade finds them.

    Args:
        bucket: Where the releases are.
        outputs: Those of the stack.
    """
    before = outputs["ReleaseBefore"]
    previous = _kept(bucket, before)
    template = _with_tables_of(_kept(bucket, outputs.get("Tables", outputs["Release"])), previous)
    if template == previous:
        return template, template_url(bucket, before)
    name = f"{before}-after-{outputs['Release']}"
    template["Outputs"] = {**template["Outputs"], "Tables": {"Value": name}}
    _put(bucket, name, template)
    return template, template_url(bucket, name)


def _put(bucket: str, name: str, template: Mapping[str, Any]) -> None:
    body = json.dumps(template).encode()
    boto3.client("s3").put_object(Bucket=bucket, Key=f"{name}.json", Body=body)


def _kept(bucket: str, name: str) -> dict[str, Any]:
    body = boto3.client("s3").get_object(Bucket=bucket, Key=f"{name}.json")["Body"]
    template: dict[str, Any] = json.load(body)
    return template


def _with_tables_of(running: Mapping[str, Any], previous: Mapping[str, Any]) -> dict[str, Any]:
    resources = dict(previous["Resources"])
    for name, table in running["Resources"].items():
        if table["Type"] == "AWS::DynamoDB::Table":
            resources[name] = _joined(resources.get(name, table), table)
    return {**previous, "Resources": resources}


def _joined(previous: Mapping[str, Any], running: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table as the previous release declares it, with the running one's new indexes."""
    properties = dict(previous["Properties"])
    for part, name in (
        ("GlobalSecondaryIndexes", "IndexName"),
        ("AttributeDefinitions", "AttributeName"),
    ):
        own = list(properties.get(part, ()))
        named = {one[name] for one in own}
        own += [one for one in running["Properties"].get(part, ()) if one[name] not in named]
        if own:
            properties[part] = own
    return {**previous, "Properties": properties}


def template_url(bucket: str, release: str) -> str:
    """Return the URL of a release's template for CloudFormation."""
    return f"{boto3.client('s3').meta.endpoint_url}/{bucket}/{release}.json"


def bucket_of(stack: str) -> str:
    """Return the bucket of releases, created if missing; one for each account and region."""
    account = boto3.client("sts").get_caller_identity()["Account"]
    s3 = boto3.client("s3")
    region = s3.meta.region_name
    bucket = f"{stack}-artifacts-{account}-{region}"
    try:
        s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=account)
    except ClientError as error:
        if error.response["Error"]["Code"] != "404":
            raise
        elsewhere = {}
        if region != "us-east-1":  # the oldest region must not be named here
            elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=bucket, **elsewhere)
    return bucket
