"""The commands of `manage.py user` and `manage.py project`."""

import argparse
import getpass
import sys

from chalicelib.adapters.dynamodb.tables import Project, User
from chalicelib.domain.printable import one_line
from chalicelib.services.accounts import users
from chalicelib.services.projects import projects
from tools.commands.rows import Row


def user_add(args: argparse.Namespace) -> Row:
    """Add a user; a note says if the user cannot sign in yet."""
    password = _asked(args.username) if args.password_stdin or sys.stdin.isatty() else ""
    added = users.add_user(args.username, password, name=args.name, role=args.role)
    if not password:
        say = (
            f"{added.username} cannot sign in yet: manage.py user password {added.username} sets a "
            f"password"
        )
        print(one_line(say), file=sys.stderr)
    return _user_row(added)


def user_list(_: argparse.Namespace) -> list[Row]:
    """List the users."""
    return [_user_row(user) for user in users.list_users()]


def user_password(args: argparse.Namespace) -> Row:
    """Set a user's password."""
    users.set_password(args.username, _asked(args.username))
    return _user_row(users.find_user(args.username))


def user_disable(args: argparse.Namespace) -> Row:
    """Keep a user from signing in or being assigned tasks."""
    users.disable_user(args.username)
    return _user_row(users.find_user(args.username))


def project_add(args: argparse.Namespace) -> Row:
    """Add a project."""
    return _project_row(projects.add_project(args.name, args.column or projects.FIRST_COLUMNS))


def project_list(_: argparse.Namespace) -> list[Row]:
    """List the projects with the ids of their columns."""
    return [_project_row(project) for project in projects.list_projects()]


def _user_row(user: User) -> Row:
    return {name: getattr(user, name) for name in ("id", "username", "name", "role", "is_active")}


def _project_row(project: Project) -> Row:
    columns = {str(column.id): column.name for column in project.columns}
    return {
        "id": project.id,
        "name": project.name,
        "is_active": project.is_active,
        "columns": columns,
    }


def _asked(username: str) -> str:
    """Read a password from the terminal without echo, or from the first line of piped input."""
    if sys.stdin.isatty():
        return getpass.getpass(one_line(f"Password of {username}: "))
    return sys.stdin.readline().rstrip("\n")
