#!/usr/bin/env bash
# jmespath 1.1.0: `!` binds tighter than `.`, so `!a.b` is `(!a).b`: a field of a boolean, which is
# null whatever a is. As a filter it selects nothing: `[?!pull_request.draft]` is empty for every
# list. In Python, JavaScript and jq's `not` the path comes first. `!a[0]` is `!(a[0])`, since `[`
# binds tighter still. The specification's grammar is silent.
# Output seen: [None, True, [], [{'pull_request': {'draft': False}}]]
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "jmespath==1.1.0"
"$folder/venv/bin/python" - <<'PYTHON'
from jmespath import search

events = [{"pull_request": {"draft": True}}, {"pull_request": {"draft": False}}]
seen = [
    search("!pull_request.draft", events[1]),
    search("!(pull_request.draft)", events[1]),
    search("[?!pull_request.draft]", events),
    search("[?!(pull_request.draft)]", events),
]
print(seen)
assert seen == [None, True, [], [events[1]]], "the behaviour has changed"
PYTHON
