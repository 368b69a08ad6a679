#!/usr/bin/env bash
# jmespath 1.1.0: to_number() takes what Python's int() and float() take, not what the specification
# says (a number as JSON writes it, else null). `1_0` is 10, ` 7 ` is 7, and the words `nan` and
# `Infinity` become numbers that are no JSON: a title "Infinity" makes a result that json.dumps
# writes as a bare word and that other parsers refuse.
# Output seen: [10, 7, inf, 'Infinity']
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "jmespath==1.1.0"
"$folder/venv/bin/python" - <<'PYTHON'
import json
import math

from jmespath import search

texts = ["1_0", " 7 ", "Infinity"]
seen = [search("to_number(@)", text) for text in texts]
seen.append(json.dumps(seen[-1]))
print(seen)
assert seen == [10, 7, math.inf, "Infinity"], "the behaviour has changed"
PYTHON
