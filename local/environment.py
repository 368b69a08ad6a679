"""The environment that points the shipped code at this machine's stores instead of AWS."""

import os
import sys
from typing import NamedTuple
from urllib.parse import urlsplit

TABLE_PREFIX = "taskhook-dev-"
LOOPBACK = "127.0.0.0/8,::1/128"
REGION = "us-east-1"
ACCOUNT = "123456789012"

# Settings that would lead botocore elsewhere: at worst, to a real account.
_UNWANTED = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
)
_AWS = {
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",  # or moto's streams answer 404
}


_LARGEST_ANSWER = "1e9"  # no Lambda limits it here


class Cloud(NamedTuple):
    """The addresses of the stores, and their keys."""

    dynamodb_url: str
    sqs_url: str
    retry_queue_url: str
    failure_queue_url: str
    table_prefix: str
    allowed_private_networks: str
    aws_access_key_id: str
    aws_secret_access_key: str
    ca_bundle: str
    delivery_proxy: str

    def enter(self) -> None:
        """Point this process at the stores."""
        for name in _UNWANTED:
            os.environ.pop(name, None)
        os.environ.update(_AWS)
        os.environ.update(
            AWS_ACCESS_KEY_ID=self.aws_access_key_id,
            AWS_SECRET_ACCESS_KEY=self.aws_secret_access_key,
            AWS_ENDPOINT_URL_DYNAMODB=self.dynamodb_url,
            AWS_ENDPOINT_URL_DYNAMODB_STREAMS=self.dynamodb_url,
            AWS_ENDPOINT_URL_SQS=self.sqs_url,
            RETRY_QUEUE_URL=self.retry_queue_url,
            FAILURE_QUEUE_URL=self.failure_queue_url,
            TABLE_PREFIX=self.table_prefix,
            ALLOWED_PRIVATE_NETWORKS=self.allowed_private_networks,
            CA_BUNDLE=self.ca_bundle,
            LARGEST_ANSWER=_LARGEST_ANSWER,
            DELIVERY_PROXY=self.delivery_proxy,
        )
        if "boto3" in sys.modules:
            vars(sys.modules["boto3"])["DEFAULT_SESSION"] = (
                None  # it remembers the keys of another run
            )
        _go_past_proxies(
            {urlsplit(url).hostname or "" for url in (self.dynamodb_url, self.sqs_url)}
        )


def _go_past_proxies(hosts: set[str]) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        known = [host for host in os.environ.get(name, "").split(",") if host]
        os.environ[name] = ",".join([*known, *sorted(hosts - set(known))])
