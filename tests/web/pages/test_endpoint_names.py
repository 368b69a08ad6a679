"""Endpoints where people choose among them or read of them: told apart though they have one URL."""

import pytest

from chalicelib.services.endpoints import endpoints
from chalicelib.services.tasks import lifecycle
from tests.support.deliveries import past_delivery, subscribe
from tests.support.page_visits import form_of
from tools import commands
from tools.command_line import parse

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
    added = commands.endpoint_add(parse(["endpoint", "add", "https://example.com/"]))

    assert added["note"] == "three has the same URL, which receives each event once per endpoint"


def test_a_task_names_where_its_deliveries_went(admin):
    task_id = lifecycle.create_task({"title": "x"})
    past_delivery(task_id, 1000.0, "three", outcome="204").save()

    assert "created to example.com, answered 204" in admin.get(f"/tasks/{task_id}").seen


def test_a_name_stands_wherever_a_url_is_listed(admin):
    endpoints.change_endpoint("three", name="The wiki")
    task_id = lifecycle.create_task({"title": "x"})
    past_delivery(task_id, 1000.0, "three", outcome="204").save()

    paths = ("/settings", "/deliveries", "/deliveries/replay", f"/tasks/{task_id}")
    shown = {path: admin.get(path).seen for path in (*paths, f"/deliveries/three.{task_id}.1")}

    assert {path for path, seen in shown.items() if "The wiki" not in seen} == set()
    assert "<h1>The wiki</h1>" in admin.get("/endpoints/three").text


def test_the_form_of_an_endpoint_gives_it_a_name_and_takes_it_away(admin):
    form = {"do": "save", "url": URL, "task.created": "yes", "format": "kanboard"}

    admin.post("/endpoints/one", **form, name="The wiki")
    named = endpoints.find_endpoint("one").endpoint.name
    refused = admin.post("/endpoints/one", **form, name="x" * 201)
    admin.post("/endpoints/one", **form, name="")

    assert named == "The wiki"
    assert "takes one line of up to 200 characters" in refused.seen
    assert endpoints.find_endpoint("one").endpoint.name is None


def test_a_form_does_not_overwrite_a_name_that_somebody_has_just_changed(admin):
    form = form_of(admin.get("/endpoints/one"), "save")
    endpoints.change_endpoint("one", name="Theirs")

    answer = admin.post("/endpoints/one", **form | {"do": "save", "name": "Ours"})

    assert "Another user changed this to: Theirs" in answer.seen
    assert endpoints.find_endpoint("one").endpoint.name == "Theirs"
