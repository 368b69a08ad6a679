"""What Taskhook says of itself: version, time zone, colours, roles, swimlanes."""

import pytest

from chalicelib import __version__
from tests.clients.shapes import COLORS

pytestmark = pytest.mark.xdist_group("clients")


def test_the_application_is_told_version_time_zone_and_colour(application):
    told = application.get_version(), application.get_timezone(), application.get_default_task_color()

    assert told == (__version__, "UTC", "blue")


def test_colours_are_named_and_shown(person):
    shown, names = person.client.get_default_task_colors(), person.client.get_color_list()

    assert shown == COLORS
    assert names == {color_id: color["name"] for color_id, color in COLORS.items()}


def test_roles_are_named(administrator):
    roles, project_roles = administrator.get_application_roles(), administrator.get_project_roles()

    assert roles == {"app-admin": "Administrator", "app-manager": "Manager", "app-user": "User"}
    assert project_roles == {
        "project-manager": "Project Manager",
        "project-member": "Project Member",
        "project-viewer": "Project Viewer",
    }


def test_a_board_has_the_default_swimlane(application, board):
    active = application.get_active_swimlanes(project_id=board.id)
    everyone = application.get_all_swimlanes(project_id=board.id)

    lane = {"id": 0, "name": "Default swimlane"}
    assert active == [lane]
    assert everyone == [lane | {"position": "1", "is_active": "1", "project_id": str(board.id)}]


def test_what_is_not_there_has_no_swimlanes(application):
    answers = application.get_active_swimlanes(project_id=999), application.get_all_swimlanes(project_id=999)

    assert answers == (None, None)
