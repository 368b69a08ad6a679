"""The commands of `taskhook user`."""

import getpass
import sys

from chalicelib.adapters.dynamodb.tables import User
from chalicelib.domain.printable import one_line
from chalicelib.services.accounts import users
from tools.commands.pasting import pasted
from tools.commands.rows import Row
from tools.verbs.parts import Args


def user_add(args: Args) -> Row:
    """Add a user; a note says if the user cannot sign in yet."""
    password = _asked(args.username) if args.password_stdin or sys.stdin.isatty() else ""
    added = users.add_user(args.username, password, name=args.name, role=args.role)
    if not password:
        print(one_line(f"{added.username} cannot sign in yet. To set a password:"), file=sys.stderr)
        print(pasted(args, "user", "password", added.username), file=sys.stderr)
    return _user_row(added)


def user_list(_: Args) -> list[Row]:
    """List the users."""
    return [_user_row(user) for user in users.list_users()]


def user_password(args: Args) -> Row:
    """Set a user's password."""
    users.set_password(args.username, _asked(args.username))
    return _user_row(users.find_user(args.username))


def user_disable(args: Args) -> Row:
    """Keep a user from signing in or being assigned tasks."""
    users.disable_user(args.username)
    return _user_row(users.find_user(args.username))


def _user_row(user: User) -> Row:
    return {name: getattr(user, name) for name in ("id", "username", "name", "role", "is_active")}


def _asked(username: str) -> str:
    """Read a password from the terminal without echo, or from the first line of piped input."""
    if sys.stdin.isatty():
        return getpass.getpass(one_line(f"Password of {username}: "))
    return sys.stdin.readline().rstrip("\n")
