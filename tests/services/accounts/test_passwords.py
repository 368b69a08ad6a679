"""Passwords are kept as what cannot be turned back."""

from chalicelib.services.accounts import passwords


def test_a_password_matches_its_own_hash_alone():
    hashed = passwords.hash_of("pässword")

    assert [passwords.matches(text, hashed) for text in ("pässword", "password", "")] == [
        True,
        False,
        False,
    ]


def test_a_hash_names_its_cost_and_is_salted():
    one, other = passwords.hash_of("x"), passwords.hash_of("x")

    assert one != other
    assert one.startswith("scrypt$32768$8$3$")
    assert passwords.NOBODYS.startswith("scrypt$32768$8$3$")


def test_a_hash_of_another_cost_still_matches():
    cheap = "scrypt$2$1$1$c2FsdA==$" + passwords._base64(passwords._derive("x", b"salt", 2, 1, 1))

    assert passwords.matches("x", cheap)


def test_nobody_signs_in_without_a_password():
    assert not passwords.matches("", "")
