"""The pages of sources: they are made there, their mapping is tried and saved."""

import pytest

from chalicelib.adapters.dynamodb.tables import SourceRow
from chalicelib.services.sources import sources
from tests.support.aws_faults import listening
from tests.support.inbound import SECRET, add_source, send, tasks
from tests.support.page_visits import form_of
from tests.support.source_pages import (
    OTHER_TITLE,
    TITLE,
    led_to,
    mapping_form,
    stored,
)

pytestmark = pytest.mark.usefixtures("cloud")


def test_a_source_is_made_in_one_step_and_its_address_is_shown_with_the_steps(admin):
    filled = form_of(admin.get("/sources"), "add") | {"preset": "grafana", "name": "Alerts"}

    page = admin.get(led_to(admin.post("/sources", **filled)))

    [made] = sources.list_sources()
    source = stored(made.id)
    assert (source.name, source.preset) == ("Alerts", "grafana")
    assert f"/in/{made.id}?token={source.secret}" in page.seen
    assert "Open Alerting, Contact points" in page.seen


def test_a_secret_is_shown_only_where_it_is_asked_for(admin):
    add_source()
    send({"title": "a", "said": SECRET})

    pages = [admin.get(path) for path in ("/sources", "/sources/ci", "/sources/ci?show=secret")]

    assert [SECRET in page.text for page in pages] == [False, False, True]


def test_the_list_counts_what_came_of_the_items_and_says_why_a_row_is_broken(admin):
    add_source(name="Builds")
    add_source("bad", key="payload.key")
    SourceRow.set_fields("bad", {"key": "payload.["}, SECRET)
    for payload in ({"title": "a"}, {"title": "b"}, {"name": "no title"}):
        send(payload)

    shown = admin.get("/sources").seen

    assert "Builds Anything else http://localhost/in/ci" in shown
    assert "Created 2 / 2 Changed 0 / 0 Closed 0 / 0 Ignored 0 / 0 Failed 1 / 1" in shown
    assert "Broken: key: column 10: ends too early" in shown


def test_the_list_copies_an_address_only_where_no_secret_is_missing_from_it(admin):
    add_source("signed", preset="github")
    add_source("open")

    shown = admin.get("/sources")

    assert [name for name in ("signed", "open") if f"the address of {name}" in shown.text] == [
        "signed"
    ]


def test_a_mapping_is_tried_on_a_pasted_payload_and_nothing_is_written(admin):
    add_source()
    filled = form_of(admin.get("/sources/ci"), "try") | OTHER_TITLE
    filled |= {"do": "try", "payload": '{"what": "Disk full", "key": "db-1"}'}

    whole, part = (
        admin.post("/sources/ci", **filled, **more) for more in ({}, {"part": "preview"})
    )

    for page in (whole, part):
        assert "Creates a task Disk full Key db-1" in page.seen
    assert "<html" in whole.text
    assert "<html" not in part.text
    assert (tasks(), dict(stored().task)["title"]) == ([], "{{ payload.title }}")


def test_the_preview_names_the_field_and_the_place_of_a_mistake(admin):
    add_source()
    filled = form_of(admin.get("/sources/ci"), "try") | {"do": "try", "part": "preview"}

    mapped = admin.post("/sources/ci", **filled | {"key": "payload.["})
    pasted = admin.post("/sources/ci", **filled | {"payload": '{\n  "title": }'})

    assert "Key : column 10: ends too early" in mapped.seen
    assert "Payload : is not JSON (line 2, column 12)" in pasted.seen
    assert (mapped.status, pasted.status) == (200, 200)


def test_a_mapping_that_cannot_be_compiled_is_not_saved_and_stays_in_the_form(admin):
    add_source()
    wrong = "{{ payload.title"

    answer = admin.post("/sources/ci", **mapping_form(admin.get("/sources/ci"), **{TITLE: wrong}))

    assert answer.status == 400
    assert 'id="error-task.title"' in answer.text
    assert "column 1: a placeholder does not end" in answer.seen
    assert form_of(answer, "save-mapping")[TITLE] == wrong
    assert stored().task["title"] == "{{ payload.title }}"


def test_only_what_differs_from_the_preset_is_saved_and_goes_back_to_it(admin):
    add_source(preset="grafana")
    filled = mapping_form(admin.get("/sources/ci"), key="item.labels.alertname")
    admin.post("/sources/ci", **filled)
    row = SourceRow.find_plain("ci")

    asked = admin.post("/sources/ci", do="preset")
    admin.post("/sources/ci", do="preset", sure="yes")

    assert row == {
        "id": "ci",
        "secret": SECRET,
        "preset": "grafana",
        "key": "item.labels.alertname",
    }
    assert "Go back to the preset?" in asked.seen
    assert stored().key == "item.fingerprint"


def test_a_pasted_payload_stays_in_the_form_when_the_mapping_is_saved(admin):
    add_source()
    filled = mapping_form(admin.get("/sources/ci"), **OTHER_TITLE)

    page = admin.post("/sources/ci", **filled | {"payload": '{"what": "Disk full"}'})

    assert stored().task["title"] == OTHER_TITLE[TITLE]
    assert "Mapping Saved." in page.seen
    assert "Creates a task Disk full" in page.seen
    assert form_of(page, "save-mapping")["payload"] == '{"what": "Disk full"}'


def test_that_a_mapping_is_saved_stands_where_its_form_was(admin):
    add_source()
    filled = mapping_form(admin.get("/sources/ci"), key="payload.id")

    page = admin.get(led_to(admin.post("/sources/ci", **filled)).partition("#")[0])

    assert page.seen.count("Saved.") == 1
    assert "Mapping Saved." in page.seen


def test_a_list_in_the_template_of_a_task_stays_one(admin):
    add_source()
    page = admin.get("/sources/ci")

    admin.post("/sources/ci", **mapping_form(page, **{"task.tags": '["ci", "{{ payload.job }}"]'}))

    shown = form_of(admin.get("/sources/ci"), "save-mapping")["task.tags"]
    assert (stored().task["tags"], shown) == (
        ["ci", "{{ payload.job }}"],
        '["ci", "{{ payload.job }}"]',
    )


def test_nobody_replaces_a_mapping_that_he_has_not_seen(admin):
    add_source()
    filled = mapping_form(admin.get("/sources/ci"), key="payload.mine")
    sources.change_source("ci", {"key": "payload.theirs"})

    answer = admin.post("/sources/ci", **filled)

    assert (answer.status, stored().key) == (400, "payload.theirs")
    assert "payload.theirs" in answer.seen


def test_a_second_click_does_not_rotate_the_secret_a_second_time(admin):
    add_source()
    filled = form_of(admin.get("/sources/ci"), "rotate")

    asked = admin.post("/sources/ci", do="rotate", **filled)
    for _ in range(2):
        admin.post("/sources/ci", do="rotate", sure="yes", **filled)

    assert "Rotate the secret?" in asked.seen
    assert stored().previous_secret == SECRET
    assert send({"title": "a"}).status == 200


def test_the_secret_that_the_sender_shows_is_used_and_a_wrong_one_refused(admin):
    add_source(preset="standard", secret="whsec_" + "A" * 32)
    filled = form_of(admin.get("/sources/ci"), "rotate")

    refused = admin.post("/sources/ci", do="rotate", **filled | {"secret": "short"})
    admin.post("/sources/ci", do="rotate", **filled | {"secret": "whsec_" + "B" * 32})

    assert 'id="error-secret"' in refused.text
    assert stored().secret == "whsec_" + "B" * 32


def test_the_settings_of_a_source_are_saved(admin):
    add_source()
    filled = form_of(admin.get("/sources/ci"), "save-settings") | {"do": "save-settings"}
    filled |= {"name": "Builds", "verify": "stripe", "origins": "https://a.test\n\n*"}

    answer = admin.post("/sources/ci", **filled | {"redirect_to": "nowhere"})
    admin.post("/sources/ci", **filled)
    admin.post("/sources/ci", do="disable")

    source = stored()
    assert 'id="error-redirect_to"' in answer.text
    assert (source.name, source.verify, source.is_active) == ("Builds", "stripe", False)
    assert source.origins == ("https://a.test", "*")


def test_a_source_is_removed_after_a_question(admin):
    add_source()

    asked = admin.post("/sources/ci", do="remove")
    still = sources.list_sources()
    admin.post("/sources/ci", do="remove", sure="yes")

    assert "Remove this source?" in asked.seen
    assert (len(still), sources.list_sources()) == (1, [])


def test_the_page_of_a_row_that_cannot_be_read_says_why_and_removes_it(admin):
    add_source()
    SourceRow.set_fields("ci", {"preset": "gopher"}, SECRET)

    shown = admin.get("/sources/ci")
    admin.post("/sources/ci", do="remove", sure="yes")

    assert "Broken: preset: takes one of" in shown.seen
    assert sources.list_sources() == []


def test_a_row_whose_mapping_is_broken_is_mended_in_the_form(admin):
    add_source()
    broken = {"key": "payload.[", "task": '{"title": "{{ payload.title }}", "colour": "red"}'}
    SourceRow.set_fields("ci", broken, SECRET)
    page = admin.get("/sources/ci")

    led_to(admin.post("/sources/ci", **mapping_form(page, key="payload.id")))

    listed = sources.find_source("ci")
    assert "Key : column 10" in page.seen
    assert (listed.broken, stored().key) == (None, "payload.id")
    assert stored().task == {"title": "{{ payload.title }}"}


def test_the_list_reads_what_came_of_payloads_and_nothing_that_was_sent(admin, monkeypatch):
    monkeypatch.setattr("chalicelib.services.sources.payload_log.MAX_COUNTED", 2)
    add_source()
    add_source("other")
    for number in range(3):
        send({"title": f"task {number}"})

    with listening() as calls:
        shown = admin.get("/sources")

    asked = [call.asked for call in calls if call.asked.get("TableName", "").endswith("payloads")]
    assert [(one.get("IndexName"), one.get("Limit")) for one in asked] == [("by_source", 2)] * 2
    assert "Created 2 / 2+" in shown.seen
