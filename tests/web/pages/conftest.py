"""Who visits the pages."""

import pytest

from chalicelib.services.accounts import users
from tests.support.cloud import Cloud
from tests.support.page_visits import Visitor


@pytest.fixture
def admin(cloud: Cloud) -> Visitor:  # noqa: ARG001 -- its users are in the cloud
    """The administrator, who has signed in."""
    return Visitor(1)


@pytest.fixture
def user(cloud: Cloud) -> Visitor:  # noqa: ARG001 -- as above
    """A user without a role in any project, who has signed in: ada."""
    return Visitor(int(users.add_user("ada", "a password").id))
