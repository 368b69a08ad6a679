"""One cloud, one stack, for all tests that need no more than its use."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from tests.support.deployed_stack import Deployed, deploy, deployed_to
from tools import cloud as ministack
from tools.cloud import CHANGES, Cloud
from tools.package import package

IN_THE_CLOUD = pytest.mark.xdist_group("cloud")
"""One worker has the cloud; it waits for the clock a lot, and others compute meanwhile."""


@pytest.fixture(scope="package")
def cloud(tmp_path_factory) -> Iterator[Cloud]:
    """A cloud with enforced roles, to which boto3, the AWS CLI and our own tools are pointed."""
    with (
        ministack.running(tmp_path_factory.mktemp("cloud")) as running,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in running.environment.items():
            patch.setenv(name, value)
        # It keeps the credentials that it found first.
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        yield running


@pytest.fixture(scope="package")
def packaged(tmp_path_factory) -> Path:
    """The folder that `make package` writes."""
    folder = tmp_path_factory.mktemp("packaged")
    package("dev", folder)
    return folder


@pytest.fixture(scope="package")
def release(packaged, tmp_path_factory) -> Path:
    """What is deployed, adapted to the cloud as `tools.cloud.CHANGES` says."""
    return ministack.adapt(packaged, tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="package")
def failed_first(cloud, packaged, tmp_path_factory) -> str:
    """What a first deployment prints that fails: MiniStack refuses one kind of alarm."""
    folder = ministack.adapt(packaged, tmp_path_factory.mktemp("failing"), CHANGES[1:])
    return deploy("deploy", "--out", folder, code=1)


@pytest.fixture(scope="package")
def stack(cloud, failed_first, release) -> Deployed:
    """The stack, deployed after a first try that failed."""
    return deployed_to(cloud, deploy("deploy", "--out", release))
