"""What destroys asks first: on a terminal always, elsewhere `taskhook` wants `--yes`."""

import os
import pty
import sys

import pytest

import manage
from chalicelib.services.endpoints import endpoints

QUESTION = "Remove the endpoint ci? Its pending deliveries are given up."


@pytest.fixture(autouse=True)
def endpoint(cloud):  # noqa: ARG001 -- the tables must be there
    endpoints.add_endpoint("http://127.0.0.1:9/", endpoint_id="ci")


@pytest.fixture
def run(monkeypatch):
    def run(*given, stdin=os.devnull, program="taskhook"):
        """Run a command with an input, and return its exit code."""
        monkeypatch.setattr(sys, "argv", [program, *given])
        with open(stdin, encoding="utf-8") as file:  # noqa: PTH123 -- a number, too
            monkeypatch.setattr(sys, "stdin", file)
            with pytest.raises(SystemExit) as ended:
                manage.main()
        return ended.value.code

    return run


@pytest.fixture
def terminal():
    """A terminal: what is typed, and where it is read."""
    typed, read = pty.openpty()
    yield typed, read
    os.close(typed)


def left():
    return [listed.endpoint.id for listed in endpoints.list_endpoints()]


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("YES\n", 0), ("\n", 1), ("n\n", 1)])
def test_a_terminal_is_asked(run, terminal, capsys, answer, code):
    typed, read = terminal
    os.write(typed, answer.encode())

    assert run("endpoint", "remove", "ci", stdin=read) == code

    said = capsys.readouterr().err
    assert said.startswith(f"{QUESTION} [y/N] ")
    assert said.endswith("nothing was changed\n") == bool(code)
    assert left() == ["ci"][:code]


def test_without_a_terminal_it_refuses_and_says_what_to_add(run, capsys):
    assert run("endpoint", "remove", "ci") == 2

    complaint = f"taskhook: --yes: is required without a terminal. {QUESTION}\n"
    assert capsys.readouterr().err == complaint
    assert left() == ["ci"]


@pytest.mark.parametrize(
    ("program", "more"), [("taskhook", ["--yes"]), ("manage.py", []), ("manage.py", ["--yes"])]
)
def test_a_script_that_is_sure_is_not_asked_and_one_of_before_goes_on(run, capsys, program, more):
    assert run("endpoint", "remove", "ci", *more, program=program) == 0

    assert (capsys.readouterr().err, left()) == ("", [])
