"""What `manage.py` imports: a command waits for its own modules, not for those of all."""

import json
import subprocess
import sys

import pytest

_IMPORTED = """
import json, sys
from tools import commands
from tools.command_line import parse
from tools.verbs import MODULES, verbs_of
[verbs_of(thing) for thing in MODULES]
for name in sys.argv[1:]:
    getattr(commands, name)
print(json.dumps(sorted(sys.modules)))
"""

LIBRARIES = {"boto3", "botocore", "chalice", "jinja2", "pynamodb", "requests", "tqdm", "urllib3"}

SHARED = {f"tools.commands.{name}" for name in ("delivery_rows", "pasting", "probes", "rows")}
"""What several commands print with."""

TABLES = "chalicelib.adapters.dynamodb.tables."

PARTS = {"attributes", "delivery_contents", "delivery_indexes", "delivery_lists"}
"""The modules beside the tables that belong to one, or to several."""


def imported(*commands):
    """Return the names of what a process imports that reads the command line and runs these."""
    run = [sys.executable, "-c", _IMPORTED, *commands]
    return json.loads(subprocess.run(run, check=True, capture_output=True, text=True).stdout)


def libraries(names):
    return LIBRARIES & {name.partition(".")[0] for name in names}


def test_help_needs_no_library():
    assert libraries(imported()) == set()


@pytest.mark.parametrize(
    ("command", "module"),
    [
        ("settings_show", "settings"),
        ("endpoint_list", "endpoints"),
        ("delivery_list", "deliveries"),
        ("source_list", "sources"),
        ("user_list", "users"),
    ],
)
def test_a_command_that_reads_the_store_needs_no_other_commands_module_and_no_view(command, module):
    names = imported(command)

    ours = {name for name in names if name.startswith(("tools.commands.", "chalicelib.web"))}
    assert ours - SHARED == {f"tools.commands.{module}"}
    assert libraries(names) == {"botocore", "pynamodb"}
    assert len(names) <= 400


@pytest.mark.parametrize(
    ("command", "tables"),
    [
        ("settings_show", {"settings"}),
        ("endpoint_list", {"endpoints", "settings"}),
        ("project_list", {"projects", "settings"}),
    ],
)
def test_a_command_makes_no_model_of_a_table_that_it_does_not_read(command, tables):
    names = {name.removeprefix(TABLES) for name in imported(command) if name.startswith(TABLES)}

    assert names - PARTS == tables
