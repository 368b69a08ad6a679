"""The operator's commands, called in this process; that they work as programs is seen in test_journey."""

import pytest

import manage
from chalicelib.domain.errors import Refused
from chalicelib.services import endpoints, settings
from tests.conftest import API_TOKEN, TOKEN
from tools import commands

pytestmark = pytest.mark.usefixtures("cloud")

URL, NEW_URL = "http://127.0.0.1:9/hook", "http://127.0.0.1:9/moved"


def run(*arguments):
    """Run a command as the command line names it, and return what it would show."""
    args = manage.parser().parse_args(arguments)
    return getattr(commands, args.command)(args)


def test_an_endpoint_is_moved_and_the_rest_of_it_stays():
    added = endpoints.add_endpoint(URL, ["task.created"], "standard", "ci")

    shown = run("endpoint", "change", "ci", "--url", NEW_URL)

    kept = endpoints.find_endpoint("ci").endpoint
    assert shown == {
        "id": "ci",
        "url": NEW_URL,
        "events": ["task.created"],
        "format": "standard",
        "state": "active",
        "reason": "",
    }
    assert (kept.url, kept.secret) == (NEW_URL, added.secret)


def test_an_endpoint_is_given_other_events_and_another_format():
    endpoints.add_endpoint(URL, endpoint_id="ci")

    shown = run("endpoint", "change", "ci", "--event", "task.removed", "--format", "cloudevents")

    assert (shown["url"], shown["events"], shown["format"]) == (URL, ["task.removed"], "cloudevents")


def test_an_endpoint_is_not_moved_to_where_nothing_may_be_called():
    endpoints.add_endpoint(URL, endpoint_id="ci")

    with pytest.raises(Refused, match="url: "):
        run("endpoint", "change", "ci", "--url", "http://10.0.0.1/")

    assert endpoints.find_endpoint("ci").endpoint.url == URL


def test_a_change_of_nothing_is_refused():
    endpoints.add_endpoint(URL, endpoint_id="ci")

    with pytest.raises(Refused, match="give --url, --event or --format"):
        run("endpoint", "change", "ci")


@pytest.mark.parametrize(
    ("which", "shown", "replaced"),
    [
        ([], "webhook_token", "webhook_token"),
        (["webhook"], "webhook_token", "webhook_token"),
        (["api"], "api_token", "api_token"),
        (["session"], "session_key", "session_key"),
    ],
)
def test_one_secret_is_replaced_and_the_others_stay(which, shown, replaced):
    settings.session_key()
    before = settings.read().attribute_values

    answer = run("token", "rotate", *which)

    after = settings.read().attribute_values
    assert [name for name in before if before[name] != after[name]] == [replaced]
    assert list(answer) == [shown]
    assert (answer[shown] == after[replaced]) == (replaced != "session_key")  # that one is shown to nobody
    assert {before["webhook_token"], before["api_token"]} == {TOKEN, API_TOKEN}
