"""The first start: the first project, the administrator and the tokens."""

import secrets
import time
from typing import NamedTuple

from chalicelib.adapters.dynamodb.store import ConditionFailed
from chalicelib.adapters.dynamodb.tables import (
    Claim,
    Numbers,
    Project,
    Settings,
    User,
    named_rows,
    save_once,
)
from chalicelib.domain import accounts
from chalicelib.domain.errors import NotFound
from chalicelib.services.accounts import passwords, settings
from chalicelib.services.projects.projects import FIRST_COLUMNS

ADMIN = "admin"


class FirstStart(NamedTuple):
    """The tokens and credentials for the person who starts Taskhook."""

    webhook_token: str
    api_token: str
    admin_username: str
    admin_password: str | None  # None: not a first start


def bootstrap(
    webhook_token: str | None = None,
    api_token: str | None = None,
    admin_password: str | None = None,
) -> FirstStart:
    """Create the first project, administrator and tokens if missing; all of it or nothing.

    Args:
        webhook_token: The first webhook token; None or "" means a random one, here and below.
        api_token: The first token of the JSON-RPC API.
        admin_password: The administrator's first password.
    """
    try:
        kept = settings.read()
    except NotFound:
        password = admin_password or secrets.token_urlsafe(12)
        first = FirstStart(
            webhook_token or secrets.token_hex(24),
            api_token or secrets.token_hex(24),
            ADMIN,
            password,
        )
        try:
            _create(first, password)
        except ConditionFailed:  # of two starts at the same moment the other was quicker
            kept = settings.read()
        else:
            return first
    return FirstStart(kept.webhook_token or "", kept.api_token or "", ADMIN, None)


def _create(first: FirstStart, password: str) -> None:
    columns = named_rows(range(1, len(FIRST_COLUMNS) + 1), FIRST_COLUMNS)
    save_once(
        [
            Settings(
                webhook_token=first.webhook_token,
                api_token=first.api_token,
                endpoints_have_send_token=True,
            ),
            Numbers(project=1, column=len(columns), user=1),
            Project(
                id=1, name="My project", columns=columns, members={"1": accounts.PROJECT_MANAGER}
            ),
            _administrator(password),
            Claim(id=f"username:{ADMIN}", owner=1),
        ],
        time.time(),
    )


def _administrator(password: str) -> User:
    hashed = passwords.hash_of(password)
    return User(
        id=1,
        username=ADMIN,
        role=accounts.ADMINISTRATOR,
        password_hash=hashed,
        has_first_password=True,
    )
