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

    ours = [name for name in names if name.startswith(("tools.commands.", "chalicelib.web"))]
    assert ours == sorted(["tools.commands.rows", f"tools.commands.{module}"])
    assert libraries(names) == {"botocore", "pynamodb"}
    assert len(names) <= 400
