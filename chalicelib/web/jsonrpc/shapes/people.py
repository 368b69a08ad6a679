"""Users and comments in the shapes of Kanboard's API."""

from chalicelib.adapters.dynamodb.tables import Comment, User
from chalicelib.domain import accounts
from chalicelib.services.accounts import users
from chalicelib.web.jsonrpc.shapes.values import Shape, flag, number

APP_ROLES = {
    f"app-{short}": role
    for short, role in zip(("admin", "manager", "user"), accounts.ROLES, strict=True)
}
"""Our roles of users by Kanboard's names."""

_SHOWN_ROLES = {role: name for name, role in APP_ROLES.items()}


def app_role(role: str) -> str:
    """Return Kanboard's name of a user's role."""
    return _SHOWN_ROLES.get(role, "app-user")


def user(row: User) -> Shape:
    """Return a user; the keys of hashes and secrets are empty."""
    return {
        "id": number(row.id),
        "username": row.username,
        "name": row.name,
        "email": row.email,
        "role": app_role(str(row.role)),
        "is_active": flag(row.is_active),
        "is_admin": flag(row.role == accounts.ADMINISTRATOR),
        **_THE_SAME_FOR_EVERYBODY,
    }


_THE_SAME_FOR_EVERYBODY: Shape = {
    "password": None,
    "token": "",
    "api_access_token": None,
    "twofactor_secret": None,
    "twofactor_activated": flag(False),
    "is_project_admin": flag(False),
    "is_ldap_user": flag(False),
    "google_id": None,
    "github_id": None,
    "gitlab_id": None,
    "notifications_enabled": flag(False),
    "notifications_filter": number(4),
    "disable_login_form": flag(False),
    "nb_failed_login": number(0),
    "lock_expiration_date": number(0),
    "timezone": None,
    "language": None,
    "avatar_path": None,
    "filter": None,
    "theme": "light",
}
"""Kanboard's fields of a user that Taskhook lacks, with Kanboard's empty values."""

_NOT_OF_A_SESSION = {"password", "is_admin", "is_project_admin"}


def me(row: User) -> Shape:
    """Return the calling user in the shape of Kanboard's session."""
    shown = {name: value for name, value in user(row).items() if name not in _NOT_OF_A_SESSION}
    return {**shown, "id": int(row.id), "is_ldap_user": False, "twofactor_activated": False}


def person(part: str, row: User | None) -> Shape:
    """Return the username and the name of a user, both None for nobody; `part` begins the keys."""
    if row is None:
        return {f"{part}_username": None, f"{part}_name": None}
    return {f"{part}_username": row.username, f"{part}_name": row.name or None}


def assignee(row: User | None) -> Shape:
    """Return the owner of a task."""
    email = row.email if row else None
    return {**person("assignee", row), "assignee_email": email, "assignee_avatar_path": None}


def comment(row: Comment) -> Shape:
    """Return a comment."""
    return {
        "id": number(row.id),
        "task_id": number(row.task_id),
        "user_id": number(row.user_id),
        "date_creation": number(row.date_creation),
        "date_modification": number(row.date_modification),
        "comment": row.text,
        "reference": row.reference,
        "visibility": app_role(str(row.visibility)),
        **_author(row),
        "avatar_path": None,
    }


def _author(row: Comment) -> Shape:
    author = users.CACHE.get().get(int(row.user_id))
    if author is None:
        return {"username": None, "name": None, "email": None}
    return {"username": author.username, "name": author.name or None, "email": author.email}
