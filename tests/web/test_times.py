"""Every reader of a time takes eight digits for that day, and only nine or more for seconds."""

import re

import pytest

from chalicelib.services.endpoints import endpoints
from chalicelib.services.tasks import lifecycle
from tests.support.deliveries import lay_down
from tests.support.http_calls import result, rpc
from tests.support.page_visits import Visitor, form_of
from tools.command_line import parse

pytestmark = pytest.mark.usefixtures("cloud")

NEW_YEAR = 1_798_761_600  # 2027-01-01
NO_TIMES = ["2027", "202701", "7", "2027010", "20271301"]
REASON = "takes a date such as 2026-07-01 14:25, or nothing"


def due(task_id):
    return lifecycle.find_task(task_id).date_due


@pytest.mark.parametrize("field", ["date_due", "date_started"])
def test_the_api_takes_eight_digits_for_a_day_and_a_json_number_for_seconds(field):
    texts = [
        "20270101",
        "2027-01-01",
        str(NEW_YEAR),
        NEW_YEAR,
        float(NEW_YEAR),
        NEW_YEAR + 0.5,
        "2026-12-31T24:00z",
    ]
    created = [result("createTask", {"title": "x", "project_id": 1, field: text}) for text in texts]
    number = result("createTask", {"title": "x", "project_id": 1, field: 20270101})
    refused = [rpc("createTask", {"title": "x", "project_id": 1, field: text}) for text in NO_TIMES]

    assert [getattr(lifecycle.find_task(one), field) for one in (*created, number)] == [
        NEW_YEAR
    ] * 7 + [20_270_101]
    assert [answer.headers["X-Failure-Reason"] for answer in refused] == [
        f"createTask: {field}: {REASON}"
    ] * 5


def test_the_page_takes_eight_digits_for_a_day():
    admin, task_id = Visitor(1), lifecycle.create_task({"title": "x"})
    form = form_of(admin.get(f"/tasks/{task_id}"), "save")

    pages = [
        admin.post(f"/tasks/{task_id}", **form | {"date_due": text, "do": "save"})
        for text in NO_TIMES
    ]
    saved = admin.post(f"/tasks/{task_id}", **form | {"date_due": "20270101", "do": "save"})

    assert [page.status for page in (*pages, saved)] == [400] * 5 + [303]
    assert REASON in pages[0].seen
    assert (due(task_id), form_of(admin.get(f"/tasks/{task_id}"), "save")["date_due"]) == (
        NEW_YEAR,
        "2027-01-01",
    )


def test_a_search_takes_eight_digits_for_a_day():
    lifecycle.create_task({"title": "x", "date_due": "2027-01-01 10:00"})

    queries = [
        "due:20270101",
        "due:>20261231",
        "due:>=20270101",
        "due:>20270101",
        f"due:{NEW_YEAR}",
    ]
    found = [len(result("searchTasks", [1, query])) for query in queries]
    refused = [rpc("searchTasks", [1, f"due:>{digits}"]) for digits in NO_TIMES]

    assert found == [1, 1, 1, 0, 1]
    assert [answer.headers["X-Failure-Reason"] for answer in refused] == [
        'searchTasks: due: takes a day such as 2026-07-01, tomorrow or "11 days ago"'
    ] * 5


@pytest.mark.parametrize("option", ["--since", "--until"])
def test_the_command_line_takes_eight_digits_for_a_day(option, capsys):
    command = ["delivery", "replay", "--endpoint", "ci", "--since", "0", option]
    texts = ["20270101", "2027-01-01", f"{NEW_YEAR}", f"{NEW_YEAR}.0", "2026-12-31t24:00:00z"]

    read = [vars(parse([*command, text]))[option[2:]] for text in texts]

    assert read == [NEW_YEAR] * 5
    for digits in (*NO_TIMES, "", " ", "-1", "nan"):
        with pytest.raises(SystemExit):
            parse([*command, digits])
    assert "is not a time: it takes ISO 8601" in capsys.readouterr().err


@pytest.fixture
def sent(cloud):  # noqa: ARG001 -- the stores behind it
    """Three deliveries, made in the first seconds of 2026."""
    endpoints.add_endpoint("http://127.0.0.1:9/", endpoint_id="ci")
    lay_down(3, start=1_767_225_600)


@pytest.mark.usefixtures("sent")
def test_the_api_lists_and_replays_deliveries_since_a_day():
    times = ["20260101", 1_767_225_602.5, "2026-01-02", 20260101]

    listed = [len(result("getDeliveries", {"since": since})) for since in times]
    refused = [rpc("getDeliveries", {"since": "2026"}), rpc("replayDeliveries", ["ci", "202601"])]
    replayed = result("replayDeliveries", ["ci", "20260101", "20260102"])

    assert (listed, replayed["sent_again"]) == ([3, 1, 0, 3], 3)
    assert [answer.headers["X-Failure-Reason"].partition(": ")[2] for answer in refused] == [
        f"since: {REASON}"
    ] * 2


@pytest.mark.usefixtures("sent")
def test_the_pages_of_deliveries_take_eight_digits_for_a_day():
    admin, times = Visitor(1), ("20260101", "20260102", "2026")

    lists = [admin.get(f"/deliveries?since={since}&status=delivered") for since in times]
    replays = [
        admin.get(f"/deliveries/replay?endpoint=ci&until=20260103&since={since}").seen
        for since in times
    ]

    assert [len(set(re.findall("/deliveries/ci[.][0-9.]+", page.text))) for page in lists[:2]] == [
        3,
        0,
    ]
    assert ["Send 3 again" in seen for seen in replays] == [True, False, False]
    assert REASON in lists[2].seen
    assert REASON in replays[2]


@pytest.mark.usefixtures("sent")
def test_a_filter_that_a_link_writes_as_a_day_is_not_lost_in_the_form():
    page = Visitor(1).get("/deliveries?since=20260101&until=1767225602")

    times = re.findall(
        r'name="(since|until)" form="filter" type="datetime-local" value="([^"]*)"', page.html
    )
    assert times == [("since", "2026-01-01T00:00:00"), ("until", "2026-01-01T00:00:02")]


def test_the_days_of_a_project_are_days_however_they_are_written():
    days = {"start_date": "20270101", "end_date": NEW_YEAR}

    number = result("createProject", {"name": "Year", **days})

    shown = result("getProjectById", [number])
    assert (shown["start_date"], shown["end_date"]) == ("2027-01-01", "2027-01-01")
