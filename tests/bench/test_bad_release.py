"""The release that is made bad, and how what it cost is counted."""

import subprocess
import sys
import zipfile

import pytest

from bench.bad_release import Added, Phase, tell, worsen
from tools.package import ARCHIVE


@pytest.mark.parametrize(
    ("function", "code"), [("taskhook-dev-dispatch", 1), ("taskhook-dev-api", 0)]
)
def test_a_worsened_release_raises_when_it_is_imported_but_in_the_function_that_is_spared(
    tmp_path, function, code
):
    (tmp_path / "good").mkdir()
    with zipfile.ZipFile(tmp_path / "good" / ARCHIVE, "w") as good:
        good.writestr("app.py", '"""The app."""\n')
        good.writestr("__pycache__/app.cpython-311.pyc", b"\0compiled")

    bad = worsen(tmp_path / "good", tmp_path / "bad", "-api")

    environ = {"PYTHONPATH": str(bad / ARCHIVE), "AWS_LAMBDA_FUNCTION_NAME": function}
    command = [sys.executable, "-c", "import app"]
    done = subprocess.run(command, cwd=tmp_path, env=environ, check=False, capture_output=True)
    assert done.returncode == code
    with zipfile.ZipFile(bad / ARCHIVE) as archive:
        assert archive.namelist() == ["app.py"]


def test_each_phase_counts_what_was_added_failed_and_arrived_in_it(capsys):
    added = [
        Added("a", 1, 200, 0.1),
        Added("b", 2, 502, 3.0),
        Added("c", 6, 200, 0.1),
        Added("d", 9, 200, 0.1),
    ]

    tell([Phase("before", 0), Phase("after", 5)], added, {"a": 1.5, "c": 8.0})

    assert capsys.readouterr().out.splitlines()[2:] == [
        "| before | 5.0 | 2 | 1 | {200: 1, 502: 1} | 1 | 0.5 | 0.5 |",
        "| after | 4.0 | 1 | 0 | {200: 1} | 1 | 2.0 | 2.0 |",
    ]
