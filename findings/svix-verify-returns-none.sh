#!/usr/bin/env bash
# svix 2.9.1 (PyPI): Webhook.verify returns None for a valid request. It returned the parsed body in
# 1.99.1, as standardwebhooks' verify of the same name does in both languages, and Svix's own in
# JavaScript.
# Output seen:
# svix 1.99.1: {'a': 1}
# svix 2.9.1: None
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
for version in 1.99.1 2.9.1; do
  "$folder/venv/bin/pip" install --quiet --disable-pip-version-check "svix==$version"
  "$folder/venv/bin/python" - "$version" <<'PYTHON'
import sys
from datetime import datetime, timezone

from svix.webhooks import Webhook

webhook, body, now = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), '{"a":1}', datetime.now(timezone.utc)
headers = {
    "webhook-id": "msg_1",
    "webhook-timestamp": str(int(now.timestamp())),
    "webhook-signature": webhook.sign("msg_1", now, body),
}
seen, version = webhook.verify(body, headers), sys.argv[1]
print(f"svix {version}: {seen}")
assert seen == (None if version == "2.9.1" else {"a": 1}), "the behaviour has changed"
PYTHON
done
