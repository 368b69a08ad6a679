"""Bring Taskhook to AWS: package, upload, deploy the stack, and say where it is.

The credentials and the region are those that the AWS CLI finds. Doing it again changes what has changed, no more.
"""

import argparse
import os
import secrets
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tools.package import OUT, STAGES, TEMPLATE, package

_UPLOADED = "packaged.json"


def deploy(stage: str) -> None:
    """Deploy a stage and print its URL, its token and where the administrator's password is.

    Raises:
        subprocess.CalledProcessError: The AWS CLI failed; it has said why on stderr.
    """
    stack = f"taskhook-{stage}"
    package(stage)
    _upload(_artifact_bucket(stack))
    _apply(stack, stage)
    url = _endpoint_url(stack)
    parameter = _admin_password(stack)
    token = _bootstrap(stack, parameter)
    print(f"\nTaskhook runs at {url}")
    print(f"  add a task: curl '{url}?controller=task&action=add&token={token}&title=Hello'")
    print(f"  the password of admin: aws ssm get-parameter --with-decryption --name {parameter}")


def _upload(bucket: str) -> None:
    to = ("--use-json", "--output-template-file", OUT / _UPLOADED)
    _aws("cloudformation", "package", "--s3-bucket", bucket, "--template-file", OUT / TEMPLATE, *to)


def _apply(stack: str, stage: str) -> None:
    what = ("--stack-name", stack, "--template-file", OUT / _UPLOADED, "--tags", f"taskhook:stage={stage}")
    _aws("cloudformation", "deploy", *what, "--capabilities", "CAPABILITY_IAM", "--no-fail-on-empty-changeset")


def _aws(*arguments: str | Path) -> None:
    aws = Path(sys.executable).with_name("aws")
    subprocess.run([aws, *arguments], check=True)


def _artifact_bucket(stack: str) -> str:
    """Return the bucket of uploads, made where it is missing; its name is the account's own, in this region."""
    account = boto3.client("sts").get_caller_identity()["Account"]
    s3 = boto3.client("s3")
    bucket = f"{stack}-artifacts-{account}-{s3.meta.region_name}"
    try:
        s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=account)
    except ClientError as error:
        if error.response["Error"]["Code"] != "404":
            raise
        _aws("s3", "mb", f"s3://{bucket}")
    return bucket


def _endpoint_url(stack: str) -> str:
    [described] = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    [url] = [output["OutputValue"] for output in described["Outputs"] if output["OutputKey"] == "EndpointURL"]
    return str(url)


def _admin_password(stack: str) -> str:
    """Return the name of the parameter that holds the first password, made before the account so that none is lost."""
    name = f"/{stack}/admin-password"
    ssm = boto3.client("ssm")
    with suppress(ssm.exceptions.ParameterAlreadyExists):
        ssm.put_parameter(Name=name, Value=secrets.token_urlsafe(18), Type="SecureString")
    return name


def _bootstrap(stack: str, parameter: str) -> str:
    """Create the first project, administrator and tokens, unless they are there; return the webhook token."""
    os.environ["TABLE_PREFIX"] = f"{stack}-"
    from chalicelib.services import settings  # noqa: PLC0415 -- it reads TABLE_PREFIX when it is imported

    password = boto3.client("ssm").get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"]
    return settings.bootstrap(admin_password=password).webhook_token


def main() -> None:
    """Deploy the stage that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", default="dev", choices=STAGES)
    try:
        deploy(parser.parse_args().stage)
    except (BotoCoreError, ClientError) as error:
        raise SystemExit(f"deploy: {error}") from error
    except subprocess.CalledProcessError as error:
        raise SystemExit(error.returncode) from error


if __name__ == "__main__":
    main()
