#!/usr/bin/env bash
# kanboard-sdk 1.2.1: every project is private where Kanboard answers its flags as texts, as its documentation shows
# them and as it did up to PHP 8.0: is_private is read with bool(), and a text "0" is true in Python. The neighbouring
# is_public, and the same answer as JSON numbers (PHP 8.1 and later), are read right.
# Output seen: [('text', False, True), ('number', False, False)]
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "kanboard-sdk==1.2.1"
"$folder/venv/bin/python" - <<'PYTHON'
from kanboard.models import Project

answers = {
    "text": {"id": "1", "name": "Board", "is_active": "1", "is_public": "0", "is_private": "0"},
    "number": {"id": 1, "name": "Board", "is_active": 1, "is_public": 0, "is_private": 0},
}
seen = []
for kind, answer in answers.items():
    project = Project.from_api(answer)
    seen.append((kind, project.is_public, project.is_private))
print(seen)
assert seen == [("text", False, True), ("number", False, False)], "the behaviour has changed"
PYTHON
