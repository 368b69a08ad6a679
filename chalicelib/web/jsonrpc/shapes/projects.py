"""Projects, columns, swimlanes, categories and tags in the shapes of Kanboard's API."""

from chalicelib.adapters.dynamodb.tables import NamedRow, Project
from chalicelib.domain.tasks import LANE_NAME
from chalicelib.web.jsonrpc.shapes.values import Shape, flag, link, number


def project(row: Project, base_url: str) -> Shape:
    """Return a project."""
    return {
        "id": number(row.id),
        "name": row.name,
        "is_active": flag(row.is_active),
        "last_modified": number(int(row.last_modified or 0)),
        "description": row.description,
        "identifier": row.identifier or "",
        "owner_id": number(int(row.owner_id or 0)),
        "start_date": row.start_date or "",
        "end_date": row.end_date or "",
        **_THE_SAME_EVERYWHERE,
        "url": _links(row, base_url),
    }


def _links(row: Project, base_url: str) -> Shape:
    return {
        "board": link(base_url, "board", project_id=row.id),
        "calendar": link(base_url, "calendar", project_id=row.id),
        "list": link(base_url, "listing", project_id=row.id),
    }


_THE_SAME_EVERYWHERE: Shape = {
    "token": "",
    "is_public": flag(False),
    "is_private": flag(False),
    "is_everybody_allowed": flag(False),
    "default_swimlane": LANE_NAME,
    "show_default_swimlane": flag(True),
    "priority_default": number(0),
    "priority_start": number(0),
    "priority_end": number(3),
    "email": None,
    "predefined_email_subjects": None,
    "per_swimlane_task_limits": flag(False),
    "task_limit": number(0),
    "enable_global_tags": flag(False),
}
"""Kanboard's fields of a project that Taskhook lacks, with Kanboard's empty values."""


def lane(project_id: int) -> Shape:
    """Return the one swimlane of a project."""
    return {
        "id": number(project_id),
        "name": LANE_NAME,
        "position": number(1),
        "is_active": flag(True),
        "project_id": number(project_id),
        "description": "",
        "task_limit": number(0),
    }


def columns(project: Project) -> list[Shape]:
    """Return the columns of a project in order."""
    return [_column(project, part, place) for place, part in enumerate(project.columns, start=1)]


def column(project: Project, part: NamedRow) -> Shape:
    """Return a column of a project."""
    places = {other.id: place for place, other in enumerate(project.columns, start=1)}
    return _column(project, part, places[part.id])


def _column(project: Project, part: NamedRow, place: int) -> Shape:
    return {
        "id": number(part.id),
        "title": part.name,
        "position": number(place),
        "project_id": number(project.id),
        "task_limit": number(int(part.task_limit or 0)),
        "description": part.description or "",
        "hide_in_dashboard": flag(False),
    }


def category(project: Project, part: NamedRow) -> Shape:
    """Return a category."""
    return {**tag(project, part), "description": None}


def tag(project: Project, part: NamedRow) -> Shape:
    """Return a tag."""
    return {
        "id": number(part.id),
        "name": part.name,
        "project_id": number(project.id),
        "color_id": part.color_id,
    }
