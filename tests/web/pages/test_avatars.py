"""People in a circle: which letters, and which colour."""

import pytest

from chalicelib.web.pages.avatars import TINTS, initials, tint


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ada Lovelace", "AL"),
        ("ada", "AD"),
        ("Noor al-Hassan", "NA"),
        ("Anna Maria de Souza", "AS"),
        ("(on leave) Sam", "OS"),
        ("x", "X"),
        ("...", "."),
        ("straße ß", "SS"),
    ],
)
def test_a_circle_has_the_initials_of_the_first_and_the_last_word(name, letters):
    assert initials(name) == letters


def test_the_colour_goes_with_the_name_and_not_with_the_process():
    names = [f"User {number}" for number in range(100)]

    assert tint("Ada Lovelace") == 7
    assert {tint(name) for name in names} == set(range(TINTS))
