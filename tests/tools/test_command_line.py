"""The command line as people use it: help, completion, tables, limits, and its exit codes."""

import os
import shutil
import subprocess

import pytest

from chalicelib import __version__
from tools import entry_point, verbs
from tools.command_line import COMPLETE, parse

BASH = r"""
eval "$({program} completion bash)"
COMP_WORDS=({words}) COMP_CWORD=$(({count} - 1))
_taskhook_completion taskhook
printf '%s\n' "${{COMPREPLY[@]}}"
"""


_NO = "taskhook user: there is no command"


@pytest.fixture
def taskhook(tmp_path):
    """The installed program, in a folder with a space."""
    program = tmp_path / "a folder/taskhook"
    program.parent.mkdir()
    entry_point.install(program)
    return program


def said_by(program, *arguments, **environ):
    done = subprocess.run(
        [program, *arguments],
        cwd="/",
        env=os.environ | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def completed(program, words):
    """Return what bash offers for the last of these words."""
    named = {"taskhook": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}
    script = BASH.format(program=f"'{program}'", words=" ".join(words), count=len(words))
    done = subprocess.run(
        ["bash", "-c", script],
        env=os.environ | {"PATH": named["taskhook"]},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_the_installed_program_runs_in_any_folder(taskhook):
    assert said_by(taskhook, "--version") == (0, f"taskhook {__version__}\n", "")


@pytest.mark.parametrize("thing", verbs.MODULES)
def test_each_verb_has_one_line_of_help_and_an_example_that_is_taken(thing, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit, match="0"):
        parse(["--help"], "taskhook")
    lines = capsys.readouterr().out.splitlines()

    for verb in verbs.verbs_of(thing):
        with pytest.raises(SystemExit, match="0"):
            parse([thing, verb.name, "--help"], "taskhook")
        page = capsys.readouterr().out
        assert [line for line in lines if line.split()[:2] == [thing, verb.name]] != []
        assert any(line.endswith(verb.does) for line in lines)
        assert f"  $ taskhook {thing} {verb.name}" in page


def test_the_first_page_of_help_has_three_examples_and_no_line_wider_than_a_terminal(
    capsys, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        parse([], "taskhook")

    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if line.startswith("  $ taskhook ")]) == 3
    assert [line for line in lines if len(line) > 80] == []


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["taskhook", "endp"], ["endpoint"]),
        (["taskhook", "endpoint", "rem"], ["remove"]),
        (["taskhook", "--local", "delivery", "list", "--status", "p"], ["pending"]),
        (["taskhook", "delivery", "list", "--si"], ["--since"]),
        (["taskhook", "request", "list", "--si"], ["--since"]),
    ],
)
def test_bash_completes_things_verbs_options_and_values(taskhook, words, offered):
    assert completed(taskhook, words) == offered


def test_fish_completes_with_what_each_verb_does(taskhook):
    if not shutil.which("fish"):
        pytest.skip("fish is not installed")
    asked = 'taskhook completion fish | source; complete -C "taskhook endpoint ro"'
    done = subprocess.run(
        ["fish", "--no-config", "-c", asked],
        env=os.environ | {"PATH": f"{taskhook.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "rotate-secret\treplace its secret; both sign for 24 hours\n"


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_get_a_script_that_they_can_read(taskhook, shell, tmp_path):
    code, script, complaint = said_by(taskhook, "completion", shell)

    assert (code, complaint) == (0, "")
    assert f"{COMPLETE}={shell}_complete" in script
    if shutil.which(shell):
        path = tmp_path / "script"
        path.write_text(script)
        subprocess.run([shell, "-n", path], check=True)


def test_what_bash_asks_is_answered_without_the_store(taskhook):
    asked = {COMPLETE: "bash_complete", "COMP_WORDS": "taskhook endpoint ", "COMP_CWORD": "2"}

    code, offered, _ = said_by(taskhook, **asked)

    assert code == 0
    assert {"plain,list", "plain,rotate-secret"} <= set(offered.split())


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (["user", "lst"], f"{_NO} lst: it takes add, list, password, disable"),
        (["endpoint", "show"], "taskhook endpoint show: the following arguments are required: ID"),
        (
            ["user", "list", "--limit", "many"],
            "taskhook user list: argument --limit: 'many' is no number of rows: it takes 1 or more",
        ),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line_with_what_is_taken(given, complaint, capsys):
    with pytest.raises(SystemExit, match="2"):
        parse(given, "taskhook")

    assert capsys.readouterr().err == complaint + "\n"


def test_the_options_of_all_commands_stand_anywhere():
    for given in (["--json", "--local", "endpoint", "list"], ["endpoint", "list", "--local"]):
        args = parse(given)
        assert (args.command, args.local, args.json) == ("endpoint_list", True, "--json" in given)


def test_a_script_gets_no_colours_and_no_cut_cells(taskhook):
    _, out, _ = said_by(taskhook, "--help", TERM="xterm-256color")

    assert "\x1b" not in out
