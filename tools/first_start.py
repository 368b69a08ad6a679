"""The first start of a stack: its administrator's password, its first project and its tokens."""

import os
import secrets
from contextlib import suppress

import boto3


def admin_password(stack: str) -> str:
    """Return the parameter of the first password, created before the user, so that none is lost."""
    name = f"/{stack}/admin-password"
    ssm = boto3.client("ssm")
    with suppress(ssm.exceptions.ParameterAlreadyExists):
        ssm.put_parameter(Name=name, Value=secrets.token_urlsafe(18), Type="SecureString")
    return name


def bootstrap(stack: str, parameter: str) -> str:
    """Create the first project, administrator and tokens if missing; return the webhook token."""
    os.environ["TABLE_PREFIX"] = f"{stack}-"
    # They read TABLE_PREFIX.
    from chalicelib.services.accounts import first_start  # noqa: PLC0415
    from chalicelib.services.endpoints import upgrading  # noqa: PLC0415

    answer = boto3.client("ssm").get_parameter(Name=parameter, WithDecryption=True)
    password = answer["Parameter"]["Value"]
    token = first_start.bootstrap(admin_password=password).webhook_token
    upgrading.keep_sending_token()
    return token
