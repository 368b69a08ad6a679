"""The page of an endpoint that signs with a key pair."""

import pytest

from chalicelib.services.endpoints import endpoints, public_keys
from tests.support.deliveries import subscribe
from tests.support.page_visits import form_of

pytestmark = pytest.mark.usefixtures("cloud")

PATH = "/endpoints/ci"


def found():
    return endpoints.find_endpoint("ci").endpoint


@pytest.fixture
def admin(admin):
    subscribe("https://example.com/hook")
    return admin


def test_a_choice_makes_a_key_pair_and_the_page_shows_its_public_half(admin):
    before = admin.get(PATH)

    admin.post(PATH, **form_of(before, "save") | {"signing": "v1a", "do": "save"})
    after = admin.get(PATH)

    key = public_keys.public_key_of(found())
    assert "whpk_" not in before.text
    assert f">{key}</output>" in after.text
    assert found().signing_key not in admin.get(f"{PATH}?show=secret").text


def test_a_key_pair_is_rotated_on_the_page(admin):
    endpoints.change_endpoint("ci", signing="v1a")
    old = public_keys.public_key_of(found())

    admin.post(PATH, do="rotate", sure="yes")

    new = public_keys.public_key_of(found())
    page = admin.get(PATH).text
    assert new != old
    assert f">{new}</output>" in page
    assert str(old) not in page
