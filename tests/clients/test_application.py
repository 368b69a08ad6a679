"""What Taskhook says of itself: version, time zone, colours, roles."""

import pytest

from chalicelib import __version__
from tests.support.documented import COLORS

pytestmark = pytest.mark.xdist_group("clients")


def test_the_application_is_told_version_time_zone_and_colour(application):
    told = (
        application.get_version(),
        application.get_timezone(),
        application.get_default_task_color(),
    )

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
