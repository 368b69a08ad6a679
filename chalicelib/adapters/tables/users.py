"""Users, and the wrong passwords that were tried on them."""

from collections.abc import Mapping
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from chalicelib.adapters.store import TableMeta, holds, reaching_store, transaction
from chalicelib.adapters.tables.projects import rename
from chalicelib.config import CONFIG


class User(Model):
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
    has_first_password = BooleanAttribute(null=True)  # that a first start has made, and nobody has kept knowingly
    wrong_passwords = NumberAttribute(null=True)  # in a row
    wrong_password_at = NumberAttribute(null=True)  # epoch seconds

    @property
    def shown_name(self) -> str:
        """What people read: the name, or the username of one who has none."""
        return str(self.name or self.username)

    def change(self, fields: Mapping[str, Any]) -> None:
        """Write these fields; a username is taken and given back with them.

        Raises:
            ConditionFailed: The user is gone, or the username is another's.
        """
        actions = [getattr(User, name).set(value) for name, value in fields.items()]
        with transaction() as writes:
            writes.update(self, actions, condition=User.username == self.username)
            if fields.get("username", self.username) != self.username:
                rename(writes, "username", self.username, fields["username"], int(self.id))

    def remove(self) -> None:
        """Remove the row for good, and give the username back.

        Raises:
            ConditionFailed: The user is gone.
        """
        with transaction() as writes:
            writes.delete(self, condition=User.username == self.username)
            rename(writes, "username", self.username, None, int(self.id))

    def note_try(self, now: float) -> None:
        """Count a password that is about to be looked at as a wrong one: many at once must not go uncounted.

        Raises:
            ConditionFailed: Another one was counted since the row was read.
        """
        seen = self.wrong_passwords
        with reaching_store():
            self.update(
                actions=[User.wrong_passwords.set(int(seen or 0) + 1), User.wrong_password_at.set(round(now, 3))],
                condition=User.id.exists() & holds(User.wrong_passwords, seen),
            )

    def forget_tries(self) -> None:
        """Note that the password was right."""
        with reaching_store():
            self.update(actions=[User.wrong_passwords.remove(), User.wrong_password_at.remove()])
