#!/usr/bin/env bash
# chalice 1.34.0, its local server: a path without a route, asked for with an Authorization header, is answered 403
# with a sentence about AWS signatures that repeats the header, and so the caller's secret, in the body. It does as
# API Gateway does, which takes the header for a signature before it looks for a route. Who forwards or logs bodies of
# errors logs secrets; a 404 with words of one's own needs GatewayResponses (DEFAULT_4XX as well) and code locally.
# Output seen: (403, True, 403, '{"message": "Missing Authentication Token"}')
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "chalice==1.34.0"
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import threading
import urllib.error
import urllib.request

from chalice import Chalice
from chalice.config import Config
from chalice.local import create_local_server

app = Chalice("finding")
app.route("/")(lambda: {})
server = create_local_server(app, Config(), "127.0.0.1", 0).server
server.RequestHandlerClass.func.log_message = lambda *_: None
threading.Thread(target=server.serve_forever, daemon=True).start()


def ask(**headers):
    request = urllib.request.Request(f"http://127.0.0.1:{server.server_address[1]}/nowhere", headers=headers)
    try:
        urllib.request.urlopen(request, timeout=10)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


(status, body), plain = ask(Authorization="Bearer my-secret"), ask()
seen = (status, "Authorization=Bearer my-secret" in body, *plain)
print(seen)
assert seen == (403, True, 403, '{"message": "Missing Authentication Token"}'), "the behaviour has changed"
PYTHON
