"""The example of Kanboard's own client in docs/api.md, as it stands there."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs/api.md"

pytestmark = pytest.mark.xdist_group("clients")


def test_the_example_of_the_documentation_runs_as_printed(run):
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    [example] = [block for block in blocks if "kanboard" in block]
    code = example.replace("http://127.0.0.1:8000", run.url).replace(
        "API_TOKEN", run.ready["api_token"]
    )
    scope: dict[str, object] = {}

    exec(compile(code, "docs/api.md", "exec"), scope)  # noqa: S102 -- our own text

    assert isinstance(scope["task_id"], int)
