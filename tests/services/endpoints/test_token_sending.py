"""Which URLs get the webhook token: nobody else's, and those that always got it."""

import pytest

from chalicelib.adapters.dynamodb.tables import Endpoint, Settings
from chalicelib.services.accounts import settings
from chalicelib.services.deliveries import pinging
from chalicelib.services.endpoints import endpoints, upgrading
from tests.support.cloud import TOKEN, client_of
from tests.support.receivers import Inbox

pytestmark = pytest.mark.usefixtures("cloud")

WITH, WITHOUT = f"/?token={TOKEN}", "/"


@pytest.fixture
def inbox():
    with Inbox() as receiver:
        yield receiver


def put_row(inbox, **row):
    """Write a row as the console and the AWS CLI do."""
    item = {"id": {"S": "ci"}, "url": {"S": inbox.url}, **row}
    client_of("dynamodb").put_item(TableName=Endpoint.Meta.table_name, Item=item)


def called(inbox):
    """Return the path at which a test event arrives."""
    pinging.ping("ci")
    return inbox.received[-1].path


def make_old():
    """Make the installation one from before an endpoint could say whether it gets the token."""
    settings.read().update(actions=[Settings.endpoints_have_send_token.remove()])


@pytest.mark.parametrize(
    ("body_format", "path"), [(None, WITH), ("standard", WITHOUT), ("cloudevents", WITHOUT)]
)
def test_a_third_party_is_not_handed_the_token(inbox, body_format, path):
    endpoints.add_endpoint(inbox.url, body_format=body_format, endpoint_id="ci")

    assert called(inbox) == path


@pytest.mark.parametrize(("said", "path"), [(True, WITH), ("false", WITHOUT)])
@pytest.mark.parametrize("body_format", ["kanboard", "standard"])
def test_an_endpoint_says_whether_it_gets_the_token(inbox, body_format, said, path):
    endpoints.add_endpoint(inbox.url, body_format=body_format, endpoint_id="ci", send_token=said)

    assert called(inbox) == path


def test_a_row_by_hand_of_another_format_gets_no_token(inbox):
    put_row(inbox, format={"S": "standard"})

    assert called(inbox) == WITHOUT


def test_an_endpoint_from_before_keeps_getting_the_token_from_the_first_moment(inbox):
    make_old()
    put_row(inbox, format={"S": "standard"})

    at_first = called(inbox)
    upgrading.keep_sending_token()

    assert (at_first, called(inbox)) == (WITH, WITH)
    assert endpoints.find_endpoint("ci").endpoint.send_token is True


def test_an_upgrade_gives_the_token_to_no_endpoint_that_comes_after_it(inbox):
    make_old()
    upgrading.keep_sending_token()
    put_row(inbox, format={"S": "cloudevents"})
    upgrading.keep_sending_token()

    assert called(inbox) == WITHOUT


def test_an_upgrade_leaves_alone_what_an_endpoint_says(inbox):
    make_old()
    put_row(inbox, format={"S": "standard"}, send_token={"S": "false"})
    upgrading.keep_sending_token()

    assert called(inbox) == WITHOUT


def test_an_endpoint_added_before_the_upgrade_is_over_gets_no_token(inbox):
    make_old()
    endpoints.add_endpoint(inbox.url, body_format="standard", endpoint_id="ci")
    upgrading.keep_sending_token()

    assert called(inbox) == WITHOUT


def test_a_default_that_is_asked_for_is_the_new_one_before_the_upgrade_too(inbox):
    make_old()
    endpoints.add_endpoint(inbox.url, body_format="standard", endpoint_id="ci", send_token=True)
    endpoints.change_endpoint("ci", send_token="")

    assert called(inbox) == WITHOUT


def test_another_format_takes_the_token_away_unless_it_is_given(inbox):
    endpoints.add_endpoint(inbox.url, body_format="standard", endpoint_id="ci", send_token=True)
    endpoints.change_endpoint("ci", body_format="standard", name="same")
    same = called(inbox)
    endpoints.change_endpoint("ci", body_format="cloudevents")
    other = called(inbox)
    endpoints.change_endpoint("ci", body_format="standard", send_token=True)

    assert (same, other, called(inbox)) == (WITH, WITHOUT, WITH)
