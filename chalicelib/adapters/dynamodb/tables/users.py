"""Users."""

from collections.abc import Mapping
from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.expressions.update import Action

from chalicelib.adapters.dynamodb.client import TableMeta
from chalicelib.adapters.dynamodb.store import (
    Table,
    transaction,
    translating_store_errors,
    version_is,
)
from chalicelib.adapters.dynamodb.tables.projects import rename
from chalicelib.adapters.dynamodb.tables.settings import Claim
from chalicelib.config import CONFIG


class ApiToken(MapAttribute[str, Any]):
    """A personal API token as it is stored: its digest, not the token."""

    name = UnicodeAttribute()
    digest = UnicodeAttribute()  # SHA-256, in hex
    made_at = NumberAttribute()  # epoch seconds
    used_at = NumberAttribute(null=True)  # epoch seconds, up to an hour before the last use


class User(Table):
    """A person who may be assigned tasks, or sign in."""

    class Meta(TableMeta):
        table_name = CONFIG.table_prefix + "users"

    id = NumberAttribute(hash_key=True)
    username = UnicodeAttribute()
    name = UnicodeAttribute(default="")
    email = UnicodeAttribute(default="")
    role = UnicodeAttribute(default="user")
    is_active = BooleanAttribute(default=True)
    password_hash = UnicodeAttribute(default="")
    # A first start generated the password, and nobody has chosen to keep it.
    has_first_password = BooleanAttribute(null=True)
    sign_outs = NumberAttribute(null=True)  # a count; each sign-out ends all earlier sessions
    api_tokens: ListAttribute[ApiToken] = ListAttribute(of=ApiToken, default=list)
    tokens_version = NumberAttribute(default=1)  # grows with each change of the tokens

    @property
    def shown_name(self) -> str:
        """The name for people to read: the username if there is no name."""
        return str(self.name or self.username)

    def change(self, fields: Mapping[str, Any], *, while_other: "User | None" = None) -> None:
        """Write these fields; a new username is claimed and the old one freed.

        Args:
            fields: The new values.
            while_other: Another administrator, who must still be one, and active, at that moment.

        Raises:
            ConditionFailed: The user is gone or not as it was read, the username is taken, or the
                other is no longer an administrator.
        """
        actions = [getattr(User, name).set(value) for name, value in fields.items()]
        is_as_read = User.username == self.username
        for name in fields.keys() & {"name", "email", "role"}:
            attribute = getattr(User, name)
            is_as_read &= attribute.does_not_exist() | (attribute == getattr(self, name))
        new_name = fields.get("username", self.username)
        if new_name == self.username and while_other is None:
            with translating_store_errors():
                self.update(actions=actions, condition=is_as_read)
            return
        with transaction() as writes:
            writes.update(self, actions, condition=is_as_read)
            _check_other(writes, while_other)
            if new_name != self.username:
                rename(writes, "username", self.username, new_name, int(self.id))

    def remove(self, *, while_other: "User | None" = None) -> None:
        """Remove the row for good and free its username. Takes and raises as `change` does."""
        with transaction() as writes:
            writes.delete(self, condition=User.username == self.username)
            _check_other(writes, while_other)
            rename(writes, "username", self.username, None, int(self.id))

    def replace_tokens(
        self, tokens: list[ApiToken], now: float, claim: Claim | None = None
    ) -> None:
        """Write the personal API tokens.

        Args:
            tokens: All of them.
            now: Epoch seconds.
            claim: A name to claim in the same write.

        Raises:
            ConditionFailed: The user is gone, the tokens have changed since the row was read, or
                the claim is taken.
        """
        seen = int(self.tokens_version)
        actions: list[Action] = [User.api_tokens.set(tokens), User.tokens_version.set(seen + 1)]
        is_as_read = version_is(User.id, User.tokens_version, seen)
        if claim is None:
            with translating_store_errors():
                self.update(actions=actions, condition=is_as_read)
            return
        with transaction() as writes:
            writes.update(self, actions, condition=is_as_read)
            claim.take(writes, now)

    def count_sign_out(self) -> None:
        """End every session of the user.

        Raises:
            ConditionFailed: The user is gone, and so are the sessions.
        """
        counted: list[Action] = [User.sign_outs.add(1)]
        with translating_store_errors():
            self.update(actions=counted, condition=User.id.exists())


def _check_other(writes: Any, other: User | None) -> None:
    if other is not None:
        is_one = (User.role == other.role) & (User.is_active == True)  # noqa: E712 -- an expression
        writes.condition_check(User, int(other.id), condition=is_one)
