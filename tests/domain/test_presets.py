"""Presets: each is whole, and none is read before it is asked for."""

import subprocess
import sys
from pathlib import Path

import pytest

import chalicelib
from chalicelib.domain.presets import PRESETS, preset
from tests.support.preset_outcomes import known

FOLDER = Path(chalicelib.__file__).parent / "presets"

LOADED_BY_AN_IMPORT = """
import functools, json, pathlib, sys, typing
known = set(sys.modules)
from chalicelib.domain import presets
ours = {name for name in sys.modules if name.partition(".")[0] == "chalicelib"}
print(sorted(set(sys.modules) - known - ours), presets._read.cache_info().currsize)
"""


def test_every_preset_has_a_file_and_every_file_a_preset():
    assert sorted(PRESETS) == sorted(path.stem for path in FOLDER.iterdir())


@pytest.mark.process
def test_an_import_loads_no_other_module_and_no_preset():
    answer = subprocess.run(
        [sys.executable, "-c", LOADED_BY_AN_IMPORT], capture_output=True, text=True, check=True
    )

    assert answer.stdout == "[] 0\n"


def test_a_preset_is_read_once():
    assert preset("github") is preset("github")


@pytest.mark.parametrize("name", ["", "GitHub", "github.json", "../config", "unknown"])
def test_a_name_of_no_preset_has_none(name):
    assert preset(name) is None


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_where_to_click_and_what_the_sender_documents(name):
    found = known(name)

    assert found.name == name
    assert found.title
    assert found.documentation.startswith("https://")
    assert 3 <= len(found.set_up) <= 8
    assert [step for step in found.set_up if len(step) > 100] == []
    assert found.sample


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_pasted_at_the_sender_names_the_address_or_needs_none(name):
    found = known(name)

    assert not found.snippet or "ADDRESS" in found.snippet or name == "healthchecks"


def test_five_senders_sign_and_all_others_have_a_token():
    proofs = {name: known(name).verify for name in PRESETS if known(name).verify != "token"}

    assert proofs == {
        "github": "github",
        "gitlab": "gitlab",
        "gitea": "gitea",
        "sentry": "sentry",
        "standard": "standard",
    }


def test_lines_of_an_expression_are_one_text():
    assert known("uptime-kuma").when == (
        "contains([`0`, `1`], payload.heartbeat.status)\n"
        "|| !(payload.heartbeat) && contains(payload.msg, ' will expire in ')"
    )
