"""The page about chats: its steps are the presets', and its commands work."""

import re
import subprocess

import pytest

from chalicelib.domain import chats
from chalicelib.domain.formats import FORMATS
from tests.support.chats import Chat
from tests.support.local_run import ROOT, LocalRun, wait_until
from tests.test_documented_commands import here, lines_of, said_by

PAGE = (ROOT / "docs/chats.md").read_text()
ROWS = re.findall(r"^\| \[(.*?)\]\(#(.*?)\) \| `(.*?)` \| .*? \| (.*?)\|", PAGE, re.MULTILINE)


def section(title: str) -> str:
    """Return what the page says of a chat."""
    [text] = re.findall(rf"^## {re.escape(title)}\n(.*?)^## ", PAGE, re.MULTILINE | re.DOTALL)
    return str(text)


def test_the_page_lists_every_chat_with_its_pace():
    paces = {name: FORMATS[name].per_second for name in chats.NAMES}

    assert [name for _, _, name, _ in ROWS] == list(chats.NAMES)
    assert {name: said.strip() for _, _, name, said in ROWS} == {
        name: f"{pace:g} a second" if pace else "" for name, pace in paces.items()
    }


@pytest.mark.parametrize("name", chats.NAMES)
def test_a_section_has_the_steps_of_its_chat_and_links_to_its_documentation(name):
    [title] = [title for title, _, row, _ in ROWS if row == name]
    text = section(title)

    assert title == chats.chat(name).title
    assert re.findall(r"^\d+\. (.*)$", text, re.MULTILINE) == list(chats.chat(name).set_up)
    assert f"]({chats.chat(name).documentation})" in text


@pytest.mark.process
def test_the_commands_bring_a_message_into_slack(tmp_path):
    add, test, *_ = lines_of("docs/chats.md", ".venv/bin/taskhook")
    [task] = lines_of("README.md", "curl")

    with LocalRun(tmp_path / "data") as run, Chat("slack") as slack:
        added = said_by(here(add, run).replace("URL", slack.url))
        endpoint_id = re.findall(r"^id +(\S+)$", added, re.MULTILINE)[0]
        said_by(here(test, run).replace("test ID", f"test {endpoint_id}"))
        said_by(here(task, run))
        wait_until(lambda: len(slack.posted) > 1)

    assert slack.url not in added
    tested, created = slack.posted
    assert "Taskhook can post here" in tested.text
    assert "Task created" in created.text
    assert "mySuperTask" in created.text


@pytest.mark.process
def test_the_command_for_a_body_of_your_own_is_taken(tmp_path):
    [command] = [
        line for line in lines_of("docs/chats.md", ".venv/bin/taskhook") if "custom" in line
    ]

    with LocalRun(tmp_path / "data") as run:
        command = here(command, run).replace("https://api.example.com/notes", "http://127.0.0.1:9/")
        done = subprocess.run(
            ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
        )

    assert (done.returncode, done.stderr) == (0, "")
