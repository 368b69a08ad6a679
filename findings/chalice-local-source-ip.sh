#!/usr/bin/env bash
# Chalice 1.34.0: `chalice local` tells the application that every caller is at 127.0.0.1, whoever calls. The field is
# requestContext.identity.sourceIp, by which API Gateway names the caller. A limit by address that is tried locally,
# or served to a network with `chalice local --host 0.0.0.0`, counts all callers as one.
# Output seen: called from 127.0.0.2, told 127.0.0.1
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "chalice==1.34.0"
"$folder/venv/bin/python" - <<'PYTHON'
import http.client
import threading

from chalice import Chalice
from chalice.config import Config
from chalice.local import create_local_server

app = Chalice("who")


@app.route("/")
def who():
    return app.current_request.context["identity"]["sourceIp"]


local = create_local_server(app, Config(chalice_stage="dev"), "127.0.0.1", 0)
threading.Thread(target=local.server.serve_forever, daemon=True).start()
connection = http.client.HTTPConnection("127.0.0.1", local.server.server_port, source_address=("127.0.0.2", 0))
connection.request("GET", "/")
told = connection.getresponse().read().decode()
print(f"called from 127.0.0.2, told {told}")
assert told == "127.0.0.1", "the behaviour has changed"
PYTHON
