"""The application: version, timezone, colours and roles."""

from typing import Any

from chalicelib import __version__
from chalicelib.domain import accounts
from chalicelib.domain.tasks import COLORS, DEFAULT_COLOR
from chalicelib.web.jsonrpc import shapes
from chalicelib.web.jsonrpc.base import ANYBODY, Call, procedure


@procedure(ANYBODY)
def get_version(_: Call) -> str:
    """Return Taskhook's version."""
    return __version__


@procedure(ANYBODY)
def get_timezone(_: Call) -> str:
    """Return the time zone of dates without one."""
    return "UTC"


@procedure(ANYBODY)
def get_default_task_color(_: Call) -> str:
    """Return the default colour of tasks."""
    return DEFAULT_COLOR


@procedure(ANYBODY)
def get_default_task_colors(_: Call) -> dict[str, Any]:
    """Return the colours with their names and codes."""
    return {color_id: color._asdict() for color_id, color in COLORS.items()}


@procedure(ANYBODY)
def get_color_list(_: Call) -> dict[str, str]:
    """Return the names of the colours."""
    return {color_id: color.name for color_id, color in COLORS.items()}


@procedure(ANYBODY)
def get_application_roles(_: Call) -> dict[str, str]:
    """Return the roles of users."""
    return {name: accounts.ROLES[role] for name, role in shapes.APP_ROLES.items()}


@procedure(ANYBODY)
def get_project_roles(_: Call) -> dict[str, str]:
    """Return the roles in a project."""
    return accounts.PROJECT_ROLES
