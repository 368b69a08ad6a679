"""Ed25519 signatures: the examples of RFC 8032, and a verifier of others."""

import base64

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from chalicelib.adapters import ed25519
from chalicelib.domain import signature

SEED = bytes.fromhex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")
PUBLIC = bytes.fromhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
SIGNED = bytes.fromhex(
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
)
"""Test 3 of RFC 8032, section 7.1: the bytes af 82."""


def test_the_published_example_signs_as_published():
    private = ed25519.new_private_key(SEED)

    assert signature.pair_of(private) == (SEED, PUBLIC)
    assert ed25519.sign(private, b"\xaf\x82") == "v1a," + base64.b64encode(SIGNED).decode()


def test_each_key_adds_a_signature_that_cryptography_verifies():
    keys = [ed25519.new_private_key(bytes([number]) * 32) for number in (1, 2)]

    headers = signature.headers(keys, "evt_1", 1_614_265_330, b'{"a":1}', ed25519.sign)

    given = headers["webhook-signature"].split(" ")
    assert [one.partition(",")[0] for one in given] == ["v1a", "v1a"]
    for key, one in zip(keys, given, strict=True):
        public = Ed25519PublicKey.from_public_bytes(signature.pair_of(key)[1])
        signed = base64.b64decode(one.removeprefix("v1a,"))
        public.verify(signed, b'evt_1.1614265330.{"a":1}')
        with pytest.raises(InvalidSignature):
            public.verify(signed, b'evt_1.1614265330.{"a":2}')


def test_a_pair_of_two_keys_is_refused():
    with pytest.raises(ValueError, match="^signing_key: its public key is not the one of its seed"):
        ed25519.checked_key(signature.private_key(SEED, bytes(32)))


@pytest.mark.parametrize(
    "private",
    ["", "whsk_", "whsec_" + base64.b64encode(bytes(64)).decode(), "whsk_not base64!"]
    + ["whsk_" + base64.b64encode(bytes(length)).decode() for length in (32, 63, 65)],
)
def test_what_is_not_a_private_key_is_refused(private):
    with pytest.raises(ValueError, match="^signing_key: takes whsk_ and the base64 of 64 bytes"):
        ed25519.checked_key(private)


def test_a_public_key_is_written_as_receivers_get_it():
    assert signature.public_key(bytes(range(32))) == (
        "whpk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    )
