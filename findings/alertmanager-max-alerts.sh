#!/usr/bin/env bash
# Prometheus Alertmanager 0.28.1: max_alerts of a webhook does not spread a group over several messages, and has no
# regard for what is new. Each message has the first N alerts of the group, in the order of their labels, and counts
# the others in truncatedAlerts. Those count as notified: a new alert that sorts behind N others causes a message
# that does not contain it, and once all are resolved no message ever says so of it. What works for a receiver that
# follows single alerts: group_by: ['...'], which sends each alert by itself. Needs Go; compiles for a minute or more.
# Output seen: ('firing', 0, ['web-1', 'web-2'])
#              ('firing', 1, ['web-1', 'web-2'])
#              ('resolved', 1, ['web-1', 'web-2'])
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export GOPATH="$folder/go" GOBIN="$folder" GOFLAGS="-modcacherw -p=1" GOCACHE="$folder/cache"
go install github.com/prometheus/alertmanager/cmd/alertmanager@v0.28.1 2>/dev/null
python3 - "$folder" <<'PYTHON'
import json
import pathlib
import subprocess
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

FOLDER = pathlib.Path(sys.argv[1])
seen = []


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        names = [alert["labels"]["instance"] for alert in body["alerts"]]
        seen.append((body["status"], body["truncatedAlerts"], names))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def wait_until(is_so):
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end, f"not within a minute; seen: {seen}"
        time.sleep(0.1)


def ask(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data, {"Content-Type": "application/json"})
    try:
        return urllib.request.urlopen(request).read()
    except OSError:
        return None


def report(*instances, lasts):
    moment = lambda seconds: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
    labels = [{"alertname": "Down", "instance": instance} for instance in instances]
    alerts = [{"labels": one, "startsAt": moment(-60), "endsAt": moment(lasts)} for one in labels]
    assert ask("/api/v2/alerts", alerts) is not None


receiver = HTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=receiver.serve_forever, daemon=True).start()
spare = HTTPServer(("127.0.0.1", 0), Receiver)
port = spare.server_port
spare.server_close()
base = f"http://127.0.0.1:{port}"
route = {"receiver": "hook", "group_by": ["alertname"], "group_wait": "1s", "group_interval": "1s"}
hook = {"url": f"http://127.0.0.1:{receiver.server_port}/", "max_alerts": 2}
config = {"route": route, "receivers": [{"name": "hook", "webhook_configs": [hook]}]}
(FOLDER / "config.json").write_text(json.dumps(config))
arguments = [f"--config.file={FOLDER}/config.json", f"--storage.path={FOLDER}/data", "--cluster.listen-address="]
program = [FOLDER / "alertmanager", *arguments, f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
alertmanager = subprocess.Popen(program)
try:
    wait_until(lambda: ask("/-/ready"))
    report("web-1", "web-2", lasts=3600)
    wait_until(lambda: len(seen) == 1)
    report("web-3", lasts=3600)
    wait_until(lambda: len(seen) == 2)
    report("web-1", "web-2", "web-3", lasts=-1)
    wait_until(lambda: ask("/api/v2/alerts/groups?active=true").strip() == b"[]" and len(seen) >= 3)
    time.sleep(3)  # three intervals, in which nothing follows
finally:
    alertmanager.terminate()
    alertmanager.wait()
for message in seen:
    print(message)
both = ["web-1", "web-2"]
assert seen == [("firing", 0, both), ("firing", 1, both), ("resolved", 1, both)], "the behaviour has changed"
PYTHON
