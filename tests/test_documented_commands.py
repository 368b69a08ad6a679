"""The commands of README and of the pages for a first day, run against a local run."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from local.loopback import free_port
from tests.support.local_run import ROOT, LocalRun, wait_until


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Iterator[LocalRun]:
    with LocalRun(tmp_path_factory.mktemp("documented") / "data") as started:
        yield started


def lines_of(document: str, beginning: str) -> list[str]:
    """Return the commands of a document that begin so."""
    blocks = re.findall(
        r"^```bash.*?\n(.*?)^```", (ROOT / document).read_text(), re.DOTALL | re.MULTILINE
    )
    return [line for block in blocks for line in block.splitlines() if line.startswith(beginning)]


def here(command: str, run: LocalRun, port: int = 9000) -> str:
    """Return a command for this run: its address, tokens and data, and the receiver's port."""
    as_here = command.replace("API_TOKEN", run.ready["api_token"]).replace("TOKEN", run.token)
    as_here = as_here.replace("127.0.0.1:8000", urlsplit(run.url).netloc).replace("9000", str(port))
    return as_here.replace(".venv/bin/taskhook", f"{sys.executable} manage.py").replace(
        "--local", f"--local --data-dir {run.data_dir}"
    )


def said_by(command: str) -> str:
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize(
    "command",
    [
        line
        for page in ("README.md", "docs/tutorial.md", "docs/adding-tasks.md")
        for line in lines_of(page, "curl")
    ],
)
def test_a_curl_that_adds_a_task_is_answered_ok(run, command):
    assert said_by(here(command, run)) == "OK"


@pytest.mark.parametrize("command", lines_of("docs/api.md", "curl"))
def test_a_curl_that_calls_the_api_is_answered_with_a_result(run, command):
    answer = json.loads(said_by(here(command, run)))

    assert answer.keys() == {"jsonrpc", "id", "result"}


def test_readme_starts_the_receiver_of_the_tutorial_before_it_adds_an_endpoint():
    readme = (ROOT / "README.md").read_text()
    [listen] = lines_of("README.md", "python3")

    assert [listen] == lines_of("docs/tutorial.md", "python3")
    assert readme.index(listen) < readme.index("endpoint add")


def test_the_receiver_of_the_tutorial_prints_what_the_tutorial_shows(run, tmp_path):
    page = (ROOT / "docs/tutorial.md").read_text()
    [shown] = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    [listen] = lines_of("docs/tutorial.md", "python3")
    [endpoint] = lines_of("docs/tutorial.md", ".venv/bin/taskhook --local endpoint")
    [add] = lines_of("docs/tutorial.md", "curl")
    port, printed = free_port(), tmp_path / "printed"

    with (
        printed.open("w") as terminal,
        subprocess.Popen(
            ["bash", "-c", f"exec env PYTHONUNBUFFERED=1 {here(listen, run, port)}"],
            stdout=terminal,
            stderr=subprocess.STDOUT,
        ) as receiver,
    ):
        said_by(here(endpoint, run, port))
        said_by(here(add, run))
        wait_until(printed.read_text)
        receiver.terminate()

    assert run.token not in printed.read_text()
    [first, *_] = printed.read_text().splitlines()
    posted, expected = json.loads(first), json.loads(shown)
    own = {"task_id", "date_creation", "position"}
    assert list(posted) == list(expected)
    assert {name: posted[name] for name in posted if name not in own} == {
        name: expected[name] for name in expected if name not in own
    }


@pytest.fixture(scope="module")
def secrets(run) -> dict[str, str]:
    """The secrets of the sources that the page about connecting tools adds, by their ids."""
    found = {}
    for line in lines_of("docs/connect.md", ".venv/bin/taskhook"):
        if "source add" in line:
            shown = re.findall(r"^(\w+) +(.+)$", said_by(here(line, run)), re.MULTILINE)
            found[dict(shown)["id"]] = dict(shown)["secret"]
    return found


def test_the_commands_of_a_shell_are_answered_as_the_page_shows(run, secrets):
    part = (ROOT / "docs/connect.md").read_text().partition("### From a shell")[2]
    commands = [line for line in lines_of("docs/connect.md", "curl") if "/in/scripts" in line]
    shown = re.findall(r"```json\n(.*?)```", part, re.DOTALL)[0].splitlines()

    answers = [
        json.loads(said_by(here(line, run).replace("SECRET", secrets["scripts"])))
        for line in commands
    ]

    [task_id] = answers[0]["created"]
    assert answers == [json.loads(line.replace("[2]", f"[{task_id}]")) for line in shown]


def test_the_commands_that_sign_as_github_does_make_a_task_and_close_it(run, secrets):
    part = (ROOT / "docs/connect.md").read_text().partition("### As GitHub would")[2]
    block = re.findall(r"```bash\n(.*?)```", part, re.DOTALL)[0]
    opens = here(block, run).replace("SECRET", secrets["github"])
    closes = opens.replace('"opened"', '"closed"').replace('"open"', '"closed"')

    opened, closed = json.loads(said_by(opens)), json.loads(said_by(closes))

    assert opened["created"] == closed["closed"] != []
    assert opened["failed"] == closed["failed"] == []


BROWSER = """
globalThis.document = {title: "Prices"};
globalThis.location = {href: "https://shop.example.com/prices"};
globalThis.getSelection = () => "from 3 euros";
globalThis.alert = console.log;
"""


def test_the_bookmarklet_shows_the_number_of_the_task_that_it_makes(run, secrets):
    if shutil.which("node") is None:
        pytest.skip("node is not at hand")
    page = (ROOT / "docs/connect.md").read_text()
    [bookmarklet] = re.findall(r"^javascript:(.*)$", page, re.MULTILINE)
    script = here(bookmarklet, run).replace("SECRET", secrets["pages"])

    shown = subprocess.run(
        ["node", "-e", BROWSER + script], capture_output=True, text=True, check=True
    ).stdout

    assert re.fullmatch(r"Task \d+\n", shown)
