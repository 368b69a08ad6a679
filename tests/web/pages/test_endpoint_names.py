"""Endpoints where people choose among them or read of them: told apart though they have one URL."""

import pytest

from chalicelib.services.tasks import lifecycle
from tests.support.deliveries import past_delivery, subscribe
from tools import commands
from tools.command_line import parser

pytestmark = pytest.mark.usefixtures("cloud")

URL = "https://example.com/hook"


@pytest.fixture
def admin(admin):
    for name, url in (("one", URL), ("two", URL), ("three", "https://example.com/")):
        subscribe(url, name)
    return admin


def test_where_urls_repeat_a_list_shows_the_ids(admin):
    replay, listed, settings = (
        admin.get(path) for path in ("/deliveries/replay", "/deliveries", "/settings")
    )

    assert f"{URL} (one) https://example.com/ {URL} (two)" in replay.seen
    assert all(
        f">example.com{name}</option>" in listed.text for name in ("/hook (one)", "/hook (two)", "")
    )
    assert all(
        f">{name}</a>" in settings.text
        for name in (f"{URL} (one)", f"{URL} (two)", "https://example.com/")
    )


def test_an_endpoint_says_which_others_have_its_url(admin):
    shown = {name: admin.get(f"/endpoints/{name}").seen for name in ("one", "three")}

    assert "two has the same URL, which receives each event once per endpoint." in shown["one"]
    assert "the same URL" not in shown["three"]


def test_who_adds_a_url_that_is_there_is_told_so_and_it_is_added(admin):  # noqa: ARG001 -- its endpoints
    added = commands.endpoint_add(parser().parse_args(["endpoint", "add", "https://example.com/"]))

    assert added["note"] == "three has the same URL, which receives each event once per endpoint"


def test_a_task_names_where_its_deliveries_went(admin):
    task_id = lifecycle.create_task({"title": "x"})
    past_delivery(task_id, 1000.0, "three", outcome="204").save()

    assert "created to example.com, answered 204" in admin.get(f"/tasks/{task_id}").seen
