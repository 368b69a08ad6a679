"""The key that signs cookies: made once by its first user, also after it was blanked."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from chalicelib.adapters.dynamodb.tables import Settings
from chalicelib.services.accounts import settings
from tests.support.cloud import client_of
from tests.support.page_visits import Visitor

pytestmark = pytest.mark.usefixtures("cloud")


@pytest.mark.parametrize("blank", ["", " ", "\t\n ", None])
def test_a_blank_session_key_is_none_and_a_new_one_is_made(blank):
    settings.session_key()
    row = Settings.get("settings")
    row.update(
        actions=[
            Settings.session_key.remove() if blank is None else Settings.session_key.set(blank)
        ]
    )
    settings.CACHE.forget()

    made = settings.session_key()

    assert (len(made), Settings.get("settings").session_key) == (64, made)


def test_a_session_key_that_is_null_is_made_anew():
    client_of("dynamodb").update_item(
        TableName="taskhook-dev-settings",
        Key={"id": {"S": "settings"}},
        UpdateExpression="SET session_key = :null",
        ExpressionAttributeValues={":null": {"NULL": True}},
    )
    settings.CACHE.forget()

    assert len(settings.session_key()) == 64


def test_all_who_find_no_session_key_at_the_same_moment_use_one():
    at_once = Barrier(4)

    def make():
        at_once.wait()
        return settings.session_key()

    with ThreadPoolExecutor(4) as threads:
        keys = {made.result() for made in [threads.submit(make) for _ in range(4)]}

    assert keys == {Settings.get("settings").session_key}


def test_the_pages_are_there_though_the_session_key_was_blanked():
    Settings.get("settings").update(actions=[Settings.session_key.set(" ")])

    assert Visitor(1).get("/boards/1").status == 200
