"""How many refused requests are kept, and what of one."""

from chalicelib.domain.refusals import Allowance, cut, shown_parameters

SECRET = "a-secret-of-a-source"


def test_so_many_are_kept_at_once_then_one_in_a_while_with_the_number_left_out():
    allowance = Allowance(at_once=2, every=10)

    taken = [allowance.take(now) for now in (100, 100, 100, 101, 109, 110, 110, 130, 130, 130)]

    assert taken == [0, 0, None, None, None, 3, None, 1, 0, None]


def test_a_parameter_is_kept_by_its_name_and_cut_and_a_credential_is_hidden():
    given = {
        "title": "x" * 100,
        "Token": "wrong",
        "api_key": "also",
        "password": "",
        "n" * 100: "y",
        "note": f"it is {SECRET}!",
    }

    assert shown_parameters(given, [SECRET]) == {
        "title": "x" * 79 + "…",
        "Token": "[hidden]",
        "api_key": "[hidden]",
        "password": "",
        "n" * 59 + "…": "y",
        "note": "it is [secret]!",
    }


def test_twenty_parameters_are_kept():
    given = {str(number): "" for number in range(1000)}

    assert list(shown_parameters(given, [])) == [str(number) for number in range(20)]


def test_no_part_of_a_secret_is_left_where_a_text_is_cut():
    text = "x" * 195 + SECRET

    assert cut(text, 200, [SECRET]) == "x" * 195 + "[sec…"
