"""What `manage.py user` and `manage.py project` can do."""

import argparse
import sys

from chalicelib.adapters.tables import Project, User
from chalicelib.services import people, projects
from tools.commands.rows import Row


def user_add(args: argparse.Namespace) -> Row:
    """Add a user."""
    return _user_row(people.add_user(args.username, _password(args), name=args.name, role=args.role))


def user_list(_: argparse.Namespace) -> list[Row]:
    """List the users."""
    return [_user_row(user) for user in people.list_users()]


def user_password(args: argparse.Namespace) -> None:
    """Give a user the password that is read from standard input."""
    people.set_password(args.username, sys.stdin.readline().rstrip("\n"))


def user_disable(args: argparse.Namespace) -> None:
    """Keep a user from signing in and from being assigned tasks."""
    people.disable_user(args.username)


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
    return {"id": project.id, "name": project.name, "is_active": project.is_active, "columns": columns}


def _password(args: argparse.Namespace) -> str:
    return sys.stdin.readline().rstrip("\n") if args.password_stdin else ""
