#!/usr/bin/env bash
# markdown-it-py 4.3.0: what stands deeper than `maxNesting` quotes or lists is left out of the HTML without a word; it
# is not shown as text. `commonmark` sets 20, and a list takes two: the tenth list in a list is gone, and with it
# all of its text. With 100, as in the preset `default`, brackets that lead nowhere take five times as long.
# Output seen: 9 lists: kept True, 12 lists: kept False, 18 quotes: kept True, 25 quotes: kept False
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check markdown-it-py==4.3.0
"$folder/venv/bin/python" - <<'PYTHON'
from markdown_it import MarkdownIt

made = MarkdownIt("commonmark")
texts = {"9 lists": "- " * 9, "12 lists": "- " * 12, "18 quotes": "> " * 18, "25 quotes": "> " * 25}
kept = {name: "word" in made.render(before + "word") for name, before in texts.items()}
print(", ".join(f"{name}: kept {is_kept}" for name, is_kept in kept.items()))
assert kept == {"9 lists": True, "12 lists": False, "18 quotes": True, "25 quotes": False}
PYTHON
