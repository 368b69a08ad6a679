"""Standard Webhooks signatures: the published example, and the reference implementation."""

import base64
import time

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from chalicelib.domain import signature

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = signature.new_secret(b"another secret of some 32 bytes!")


@pytest.fixture
def now():
    """The reference implementation refuses timestamps that are far from its clock."""
    return int(time.time())


def test_the_published_example_signs_as_published():
    headers = signature.headers(
        [SECRET], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_while_a_secret_is_rotated_receivers_of_either_verify(now):
    body = '{"title":"Größe"}'.encode()

    headers = signature.headers([OTHER, SECRET], "evt_1", now, body)

    assert (
        headers["webhook-signature"].count("v1,")
        == len(headers["webhook-signature"].split(" "))
        == 2
    )
    for secret in (SECRET, OTHER):
        assert Webhook(secret).verify(body, headers) == {"title": "Größe"}


def test_another_body_does_not_verify(now):
    headers = signature.headers([SECRET], "evt_1", now, b"{}")

    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(b"{} ", headers)


@pytest.mark.parametrize("length", [24, 32, 64])
def test_a_secret_stands_for_its_bytes(length):
    key = bytes(range(length))

    assert signature.key_of(signature.new_secret(key)) == key


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        SECRET.removeprefix("whsec_"),
        "whsec_not base64!",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
        "whsec_\u00e9\u00e9\u00e9\u00e9",
    ],
)
def test_what_is_not_a_secret_is_refused(secret):
    with pytest.raises(ValueError, match="^secret: takes whsec_ and the base64 of 24 to 64 bytes$"):
        signature.key_of(secret)
