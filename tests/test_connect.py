"""The page about connecting senders: it says what the presets say, and what is pasted works."""

import json
import re
import shutil
import subprocess

import pytest

from chalicelib.domain.presets import PRESETS
from tests.support.local_run import ROOT
from tests.support.preset_outcomes import known, outcomes

PAGE = (ROOT / "docs/connect.md").read_text()
ROWS = re.findall(r"^\| \[`(.*?)`\]\(#(.*?)\) \| (.*?) \|", PAGE, re.MULTILINE)
PROOFS = {"token": "token", "gitlab": "secret token"}
"""How the page calls a proof; all others are signatures."""

ZABBIX = """
var sent = [];
function HttpRequest() {}
HttpRequest.prototype.addHeader = function (header) { sent.push(header); };
HttpRequest.prototype.post = function (url, body) {
  sent.push(url, JSON.parse(body));
  return "{}";
};
HttpRequest.prototype.getStatus = function () { return STATUS; };
var answer;
try {
  answer = (function (value) { SCRIPT })(JSON.stringify(FIELDS));
} catch (error) {
  answer = error;
}
console.log(JSON.stringify([answer, sent]));
"""


def section(name: str) -> str:
    """Return what the page says of a preset."""
    [anchor] = [anchor for preset, anchor, _ in ROWS if preset == name]
    [text] = [
        text
        for text in re.split(r"^## ", PAGE, flags=re.MULTILINE)
        if text.partition("\n")[0].lower().replace(" ", "-") == anchor
    ]
    return text


def test_the_page_lists_every_preset_with_its_proof():
    proofs = {name: PROOFS.get(known(name).verify, "signature") for name in PRESETS}

    assert {name: proof for name, _, proof in ROWS} == proofs


@pytest.mark.parametrize("name", PRESETS)
def test_a_section_has_the_steps_of_its_preset(name):
    steps = re.findall(r"^\d+\. (.*)$", section(name), re.MULTILINE)

    assert steps == list(known(name).set_up)


@pytest.mark.parametrize("name", [name for name in PRESETS if known(name).snippet])
def test_a_section_has_what_is_pasted_at_the_sender(name):
    blocks = re.findall(r"^```\w+\n(.*?)\n^```", section(name), re.DOTALL | re.MULTILINE)

    assert blocks[0] == known(name).snippet


@pytest.mark.parametrize("name", PRESETS)
def test_a_section_links_the_senders_documentation(name):
    assert f"({known(name).documentation})" in section(name)


@pytest.mark.parametrize("name", PRESETS)
def test_a_section_names_the_task_of_the_sample(name):
    [shown] = outcomes(name, known(name).sample, {})

    assert f"**{shown['task']['title']}**" in section(name)


def test_the_body_for_healthchecks_is_the_samples():
    found = known("healthchecks")
    values = {f"${field.upper()}": value for field, value in found.sample.items()}
    quoted = {f"{name}_JSON": json.dumps(values[name]) for name in ("$NAME", "$BODY")}

    body = re.sub(r"\$[A-Z_]+", lambda name: (quoted | values)[name[0]], found.snippet)

    assert json.loads(body) == found.sample


def test_the_media_type_for_zabbix_sends_the_fields_of_the_sample():
    parameters = re.findall(r"^        - name: (\w+)$", known("zabbix").snippet, re.MULTILINE)

    assert parameters == ["address", *known("zabbix").sample]


@pytest.mark.parametrize(("status", "answer"), [(200, "OK"), (202, "OK"), (401, "401 {}")])
def test_the_script_for_zabbix_posts_the_fields_and_fails_where_taskhook_refuses(status, answer):
    if shutil.which("node") is None:
        pytest.skip("node is not at hand")
    found = known("zabbix")
    script = found.snippet.partition("script: |\n")[2].partition("      message_templates")[0]
    fields = json.dumps({"address": "https://taskhook.example.com/in/z?token=s", **found.sample})
    program = (
        ZABBIX.replace("SCRIPT", script).replace("FIELDS", fields).replace("STATUS", str(status))
    )

    run = subprocess.run(["node", "-e", program], capture_output=True, text=True, check=True)

    assert json.loads(run.stdout) == [
        answer,
        [
            "Content-Type: application/json",
            "https://taskhook.example.com/in/z?token=s",
            found.sample,
        ],
    ]


def test_the_form_has_no_field_that_the_mapping_leaves_out():
    fields = set(re.findall(r'name="(\w+)"', known("form").snippet)) - {"_gotcha"}
    read = set(re.findall(r"\w+", " ".join(known("form").task.values())))

    assert fields - read == set()
