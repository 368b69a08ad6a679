"""The environment is read once, and what cannot be used is named."""

import os
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path

import certifi
import pytest

from chalicelib.config import Config, load
from chalicelib.domain.errors import ConfigError
from chalicelib.domain.proxies import Proxy

DEFAULTS = Config(
    table_prefix="taskhook-dev-",
    retry_queue_url="",
    failure_queue_url="",
    delivery_timeout=1.0,
    retry_timeout=5.0,
    retry_delays=(5, 30, 120, 600, 1800, 7200, 18000, 36000, 50400, 72000, 86400),
    retry_jitter=0.2,
    endpoint_disable_after=432000,
    delivery_retention=2592000,
    allowed_private_networks=(),
    ca_bundle="",
    delivery_proxy=None,
    settings_ttl=5,
    public_url="",
    kanboard_numbers="text",
    largest_answer=6_275_072,
    trusted_proxies=0,
    store_client="own",
    log_level="INFO",
    processor=1,
)


def test_an_empty_environment_gives_the_defaults():
    assert load({}) == DEFAULTS


def test_every_variable_is_read():
    config = load(
        {
            "TABLE_PREFIX": "mine_1.",
            "RETRY_QUEUE_URL": "https://sqs.example/queue",
            "FAILURE_QUEUE_URL": "https://sqs.example/failures",
            "DELIVERY_TIMEOUT": "0.5",
            "RETRY_TIMEOUT": "2",
            "RETRY_DELAYS": "1,2.5",
            "RETRY_JITTER": "0",
            "ENDPOINT_DISABLE_AFTER": "60",
            "DELIVERY_RETENTION": "3600",
            "ALLOWED_PRIVATE_NETWORKS": "10.0.0.0/8, ::1/128",
            "CA_BUNDLE": certifi.where(),
            "DELIVERY_PROXY": "http://me:p%40ss@Proxy.example:3128/",
            "SETTINGS_TTL": "0",
            "PUBLIC_URL": "https://tasks.example.com/api/",
            "KANBOARD_NUMBERS": "number",
            "LARGEST_ANSWER": "1e6",
            "TRUSTED_PROXIES": "1",
            "STORE_CLIENT": "botocore",
            "LOG_LEVEL": "DEBUG",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        }
    )

    assert config == Config(
        table_prefix="mine_1.",
        retry_queue_url="https://sqs.example/queue",
        failure_queue_url="https://sqs.example/failures",
        delivery_timeout=0.5,
        retry_timeout=2,
        retry_delays=(1, 2.5),
        retry_jitter=0,
        endpoint_disable_after=60,
        delivery_retention=3600,
        allowed_private_networks=(ip_network("10.0.0.0/8"), ip_network("::1/128")),
        ca_bundle=certifi.where(),
        delivery_proxy=Proxy("proxy.example", 3128, "Basic bWU6cEBzcw=="),
        settings_ttl=0,
        public_url="https://tasks.example.com/api",
        kanboard_numbers="number",
        largest_answer=1_000_000,
        trusted_proxies=1,
        store_client="botocore",
        log_level="DEBUG",
        processor=1024 / 1769,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TABLE_PREFIX", "no space"),
        ("TABLE_PREFIX", "x" * 201),
        ("DELIVERY_TIMEOUT", "0"),
        ("DELIVERY_TIMEOUT", "nan"),
        ("DELIVERY_TIMEOUT", "inf"),
        ("DELIVERY_TIMEOUT", ""),
        ("RETRY_TIMEOUT", "soon"),
        ("RETRY_DELAYS", ""),
        ("RETRY_DELAYS", "5,,30"),
        ("RETRY_DELAYS", "5,-1"),
        ("RETRY_JITTER", "1.1"),
        ("ENDPOINT_DISABLE_AFTER", "-1"),
        ("DELIVERY_RETENTION", "forever"),
        ("ALLOWED_PRIVATE_NETWORKS", "localhost"),
        ("CA_BUNDLE", "/is/not/there.pem"),
        ("CA_BUNDLE", __file__),
        ("CA_BUNDLE", str(Path(__file__).parent)),
        ("DELIVERY_PROXY", "proxy.example:3128"),
        ("DELIVERY_PROXY", "https://proxy.example:3128"),
        ("SETTINGS_TTL", "-1"),
        ("PUBLIC_URL", "tasks.example.com"),
        ("PUBLIC_URL", "https://tasks.example.com/?a=b"),
        ("KANBOARD_NUMBERS", "numbers"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "10"),
        ("LOG_LEVEL", "loud"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "much"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_in_one_line(name, value):
    with pytest.raises(ConfigError) as error:
        load({name: value})

    assert str(error.value).startswith(f"{name}={value!r} cannot be used: it takes ")
    assert "\n" not in str(error.value)


def test_a_proxy_that_cannot_be_used_is_named_without_its_password():
    with pytest.raises(ConfigError) as error:
        load({"DELIVERY_PROXY": "https://me:secret@proxy.example:3128"})

    assert str(error.value) == (
        "DELIVERY_PROXY='https://...@proxy.example:3128' cannot be used: it takes "
        "http://HOST:PORT or http://USER:PASSWORD@HOST:PORT"
    )


def test_the_start_stops_with_that_one_line():
    start = subprocess.run(
        [sys.executable, "-c", "import chalicelib.config"],
        env={"PATH": os.environ["PATH"], "SETTINGS_TTL": "often"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (start.returncode, start.stdout, start.stderr) == (
        1,
        "",
        "taskhook: SETTINGS_TTL='often' cannot be used: it takes a number of seconds, 0 or more\n",
    )
