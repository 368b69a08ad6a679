"""An endpoint signs with a secret (v1) or with a key pair (v1a), and with one of them alone."""

import base64
import os
import time

import pytest

from chalicelib.adapters import ed25519
from chalicelib.adapters.dynamodb.store import ConditionFailed
from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.domain import signature
from chalicelib.domain.errors import Refused
from chalicelib.services.deliveries import pinging
from chalicelib.services.endpoints import endpoints, public_keys, signing
from tests.support.cloud import client_of
from tests.support.ed25519_verifiers import NODE, verified_by_cryptography, verified_by_node
from tests.support.receivers import Inbox

pytestmark = pytest.mark.usefixtures("cloud")

OWN = ed25519.new_private_key(b"a seed of thirty-two bytes, ours")


@pytest.fixture
def inbox():
    with Inbox() as receiver:
        yield receiver


def add(inbox, **fields):
    return endpoints.add_endpoint(inbox.url, endpoint_id="ci", **fields)


def key_of(endpoint):
    """Return an endpoint's public key."""
    key = public_keys.public_key_of(endpoint)
    assert key is not None
    return key


def found():
    return endpoints.find_endpoint("ci").endpoint


def put_row(inbox, **row):
    """Write a row as the console and the AWS CLI do."""
    item = {"id": {"S": "ci"}, "url": {"S": inbox.url}, **row}
    client_of("dynamodb").put_item(TableName=Endpoint.Meta.table_name, Item=item)


def sent(inbox):
    """Return the headers and the body of a test event."""
    pinging.ping("ci")
    return inbox.received[-1].headers, inbox.received[-1].body


def schemes_of(inbox):
    """Return the scheme of each signature of a test event."""
    headers, _ = sent(inbox)
    return [one.partition(",")[0] for one in headers["webhook-signature"].split(" ")]


def test_with_v1a_no_v1_is_sent(inbox):
    add(inbox, signing="v1a")

    assert schemes_of(inbox) == ["v1a"]


def test_a_signature_of_a_key_pair_is_verified_by_its_public_key_alone(inbox):
    key = key_of(add(inbox, signing="v1a"))

    headers, body = sent(inbox)

    assert verified_by_cryptography(key, headers, body)
    assert not verified_by_cryptography(key, headers, body + b" ")


@pytest.mark.skipif(NODE is None and not os.environ.get("CI"), reason="there is no Node.js here")
def test_another_language_verifies_a_signature_of_a_key_pair(inbox):
    key = key_of(add(inbox, signing="v1a"))
    headers, body = sent(inbox)
    endpoints.rotate_secret("ci")
    both = sent(inbox)

    assert verified_by_node(key, [(headers, body), (headers, body + b" "), both]) == [
        True,
        False,
        True,
    ]


def test_while_a_key_pair_is_rotated_both_sign_for_24_hours(inbox):
    old = key_of(add(inbox, signing="v1a"))
    endpoints.rotate_secret("ci")
    new = key_of(found())

    headers, body = sent(inbox)

    assert new != old
    assert schemes_of(inbox) == ["v1a", "v1a"]
    assert verified_by_cryptography(new, headers, body)
    assert verified_by_cryptography(old, headers, body)
    assert found().previous_signing_key_until == pytest.approx(time.time() + 86400, abs=5)


def test_the_secret_of_an_endpoint_outlives_its_time_with_a_key_pair(inbox):
    secret = add(inbox).secret
    endpoints.change_endpoint("ci", signing="v1a")
    schemes = [schemes_of(inbox)]
    pair = found().signing_key
    endpoints.change_endpoint("ci", signing="")
    schemes.append(schemes_of(inbox))
    endpoints.change_endpoint("ci", signing="v1a")

    assert schemes == [["v1a"], ["v1"]]
    assert (found().secret, found().signing_key) == (secret, pair)


def test_a_row_that_asks_for_a_key_pair_gets_one_at_its_first_use(inbox):
    put_row(inbox, signing={"S": "v1a"})

    headers, body = sent(inbox)

    kept = found()
    assert verified_by_cryptography(key_of(kept), headers, body)
    assert kept.secret is None


def test_a_key_pair_may_be_brought_along_and_replaced(inbox):
    add(inbox, signing="v1a", secret=OWN)
    first = found().signing_key
    other = ed25519.new_private_key(b"another seed of thirty-two bytes")

    endpoints.change_endpoint("ci", secret=other)

    assert (first, signing.secrets_of(found())) == (OWN, [other, OWN])


SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OF_TWO = signature.private_key(bytes(32), bytes(32))


@pytest.mark.parametrize(
    ("signing", "secret", "reason"),
    [
        ("v1", OWN, "takes whsec_ and the base64 of 24 to 64 bytes"),
        ("v1a", SECRET, "takes whsk_ and the base64 of 64 bytes, seed and public key"),
        ("v1a", "", "takes whsk_ and the base64 of 64 bytes, seed and public key"),
        ("v1a", OF_TWO, "its public key is not the one of its seed"),
    ],
)
def test_a_secret_that_is_none_of_its_scheme_is_refused(inbox, signing, secret, reason):
    add(inbox)

    with pytest.raises(Refused) as refused:
        endpoints.change_endpoint("ci", signing=signing, secret=secret)

    assert refused.value.reasons == {"secret": reason}


def test_a_scheme_that_there_is_not_is_refused(inbox):
    with pytest.raises(Refused, match="^signing: takes one of v1, v1a$"):
        add(inbox, signing="v2")


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (OF_TWO, "signing_key: its public key is not the one of its seed"),
        ("whsk_" + base64.b64encode(bytes(63)).decode(), "signing_key: takes whsk_ and the base64"),
    ],
)
def test_a_row_whose_key_pair_cannot_be_used_is_broken(inbox, key, reason):
    put_row(inbox, signing={"S": "v1a"}, signing_key={"S": key})

    assert (endpoints.find_endpoint("ci").broken or "").startswith(reason)


def test_two_that_rotate_a_key_pair_at_the_same_moment_do_not_lose_one(inbox):
    add(inbox, signing="v1a")
    seen = found()
    endpoints.rotate_secret("ci")

    with pytest.raises(ConditionFailed):
        seen.set_fields(signing.rotated(seen, OWN, "v1a"))
