"""Endpoints and deliveries by API: own secrets, what is listed, and what a replay covers."""

import pytest
from standardwebhooks import Webhook

from chalicelib.adapters.dynamodb.batches import put_all
from chalicelib.services.endpoints import endpoints
from chalicelib.services.tasks import lifecycle
from tests.support.aws_faults import listening
from tests.support.deliveries import lay_down, past_delivery, rows, subscribe
from tests.support.http_calls import result, rpc
from tests.support.page_visits import Visitor
from tests.support.receivers import Inbox

OWN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEXT = "whsec_" + "QUJD" * 8


@pytest.fixture
def record(cloud):  # noqa: ARG001 -- the tables must be there first
    """Five deliveries to two endpoints, made second after second."""
    for endpoint_id in ("ci", "other"):
        endpoints.add_endpoint("http://127.0.0.1:9/", endpoint_id=endpoint_id)
    made = [
        ("ci", "delivered"),
        ("ci", "failed"),
        ("other", "delivered"),
        ("ci", "delivered"),
        ("ci", "superseded"),
    ]
    put_all(
        past_delivery(number, 1000 + number, endpoint_id, status=status)
        for number, (endpoint_id, status) in enumerate(made)
    )


def listed(**wanted):
    return [row["task_id"] for row in result("getDeliveries", wanted)]


def test_an_own_secret_signs_and_the_next_one_beside_it(cloud):
    with Inbox() as inbox:
        result("createEndpoint", {"url": inbox.url, "id": "ci", "secret": OWN})
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        result("updateEndpoint", {"id": "ci", "secret": NEXT})
        lifecycle.create_task({"title": "y"})
        cloud.pump()

    first, second = inbox.received
    assert Webhook(OWN).verify(first.body, dict(first.headers))["title"] == "x"
    assert [
        Webhook(secret).verify(second.body, dict(second.headers))["title"] for secret in (OWN, NEXT)
    ] == ["y", "y"]
    assert len(second.headers["webhook-signature"].split()) == 2


def test_a_secret_that_is_given_again_is_not_replaced(cloud):  # noqa: ARG001 -- the tables must be there first
    result("createEndpoint", {"url": "http://127.0.0.1:9/", "id": "ci", "secret": OWN})

    result("updateEndpoint", {"id": "ci", "secret": OWN})

    endpoint = endpoints.find_endpoint("ci").endpoint
    assert endpoint.secret == OWN
    assert endpoint.previous_secret is None


@pytest.mark.usefixtures("record")
def test_deliveries_are_listed_by_endpoint_status_time_and_number():
    assert listed() == [4, 3, 2, 1, 0]
    assert listed(endpoint_id="ci") == [4, 3, 1, 0]
    assert listed(status="delivered") == [3, 2, 0]
    assert listed(endpoint_id="ci", status="delivered", since=1001) == [3]
    assert listed(since=1003) == [4, 3]
    assert listed(limit=2) == [4, 3]
    assert result("getDeliveries", {"endpoint_id": "other"}) == [
        {
            "id": "other.2.2",
            "endpoint_id": "other",
            "event_type": "task.created",
            "task_id": 2,
            "status": "delivered",
            "outcome": "waits for its first attempt",
            "tries": 1,
            "created_at": 1002,
            "due_at": None,
        }
    ]


@pytest.mark.usefixtures("record")
def test_an_unknown_status_is_told_those_that_there_are():
    answer, page = rpc("getDeliveries", {"status": "broken"}), Visitor().get("/deliveries?status=x")

    reason = "status: takes one of pending, delivered, failed, superseded"
    assert answer.headers["X-Failure-Reason"].endswith(reason)
    assert page.status == 400
    assert reason in page.text
    assert len(listed(status="")) == 5


@pytest.mark.usefixtures("record")
def test_no_call_lists_or_sends_more_than_a_hundred():
    replay = {"endpoint_id": "ci", "since": 0}

    answers = [
        rpc(method, {**given, "limit": limit})
        for method, given in (("getDeliveries", {}), ("replayDeliveries", replay))
        for limit in (0, 101)
    ]

    told = [answer.headers["X-Failure-Reason"].partition(": ")[2] for answer in answers]
    assert told == ["limit: takes 1 to 100"] * 4


@pytest.mark.usefixtures("cloud")
def test_a_replay_goes_on_behind_what_the_last_call_has_sent_and_reads_no_further():
    subscribe("https://example.com/")
    lay_down(5)

    asked = {"endpoint_id": "ci", "since": 0, "limit": 2}
    with listening() as calls:
        answers = [result("replayDeliveries", asked)]
        while last := answers[-1]["last"]:
            answers.append(result("replayDeliveries", asked | {"after": last}))

    assert [answer["sent_again"] for answer in answers] == [2, 2, 1]
    assert {row.status for row in rows()} == {"pending"}
    assert [
        call.asked["Limit"] for call in calls if call.asked.get("IndexName") == "by_endpoint"
    ] == [500] * 3
    assert (
        sum(call.operation == "Scan" and "endpoints" in call.asked["TableName"] for call in calls)
        == 3
    )


@pytest.mark.usefixtures("record")
def test_a_replay_covers_what_was_made_from_since_until():
    replayed = result("replayDeliveries", {"endpoint_id": "ci", "since": 1001, "until": 1002})
    nothing = result("replayDeliveries", {"endpoint_id": "ci", "since": 1005, "until": 1005})

    assert replayed == {"sent_again": 1, "skipped": [], "last": None}
    assert nothing == {"sent_again": 0, "skipped": [], "last": None}
    assert [(row.task_id, row.status) for row in rows()] == [
        (0, "delivered"),
        (1, "pending"),
        (3, "delivered"),
        (4, "superseded"),
    ]


def test_an_endpoint_has_a_name_until_a_blank_one_is_given(cloud):  # noqa: ARG001 -- the tables must be there first
    result("createEndpoint", {"url": "http://127.0.0.1:9/", "id": "ci", "name": "The wiki"})
    named = result("getEndpoints")
    result("updateEndpoint", {"id": "ci", "name": ""})

    assert [endpoint["name"] for endpoint in named] == ["The wiki"]
    assert [endpoint["name"] for endpoint in result("getEndpoints")] == [None]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "\ud800"),
        ("headers", {"X": "\ud800"}),
        ("headers", {"\ud800": "x"}),
        ("headers", '{"X": "\\ud800"}'),
        ("template", {"x": ["\ud800"]}),
        ("template", '{"x": "\\ud800"}'),
        ("filter", "data.title == '\ud800'"),
    ],
)
def test_half_a_surrogate_pair_in_a_field_is_refused(cloud, field, value):  # noqa: ARG001 -- the tables must be there first
    given = {"url": "http://127.0.0.1:9/", "id": "ci", "format": "custom", field: value}

    answer = rpc("createEndpoint", given)

    assert f"{field}: " in str(answer)
    assert endpoints.list_endpoints() == []


def test_a_field_of_another_kind_is_refused_by_its_name(cloud):  # noqa: ARG001 -- as above
    given = {"url": "http://127.0.0.1:9/", "id": "ci", "name": "x" * 201}

    answer = rpc("createEndpoint", given)

    reason = "createEndpoint: name: takes one line of up to 200 characters"
    assert answer.headers["X-Failure-Reason"] == reason
    assert endpoints.list_endpoints() == []


def test_an_endpoint_of_another_format_that_names_no_token_says_that_it_gets_none(cloud):  # noqa: ARG001 -- as above
    result("createEndpoint", {"url": "http://127.0.0.1:9/", "id": "ci", "format": "standard"})

    assert [endpoint["send_token"] for endpoint in result("getEndpoints")] == [False]


@pytest.mark.usefixtures("cloud")
def test_retry_delays_may_be_text_and_a_blank_one_takes_them_away():
    given = {"id": "ci", "url": "http://127.0.0.1:9/", "retry_delays": "[1, 2]"}
    assert result("createEndpoint", given) == "ci"
    kept = list(endpoints.find_endpoint("ci").endpoint.retry_delays)

    assert result("updateEndpoint", {"id": "ci", "retry_delays": ""}) is True

    assert (kept, endpoints.find_endpoint("ci").endpoint.retry_delays) == ([1, 2], None)


@pytest.mark.parametrize(
    ("field", "value", "takes"),
    [
        ("headers", ["a"], "an object or its JSON"),
        ("template", ["a"], "an object or its JSON"),
        ("timeout", [1], "a number"),
        ("retry_delays", {}, "an array of numbers or its JSON"),
        ("send_token", "maybe", "true or false"),
    ],
)
def test_an_error_does_not_name_a_type_of_python(cloud, field, value, takes):  # noqa: ARG001 -- as above
    given = {"url": "http://127.0.0.1:9/", "format": "custom", "template": {}, field: value}

    answer = rpc("createEndpoint", given)

    assert f"{field}: takes {takes}" in answer.text + str(answer.headers)


@pytest.mark.usefixtures("cloud")
def test_an_endpoint_may_be_created_inactive():
    result("createEndpoint", {"id": "later", "url": "http://127.0.0.1:9/", "is_active": False})
    result("createEndpoint", {"id": "now", "url": "http://127.0.0.1:9/"})

    listed = {one["id"]: one["is_active"] for one in result("getEndpoints")}

    assert listed == {"later": False, "now": True}
