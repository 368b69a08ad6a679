#!/usr/bin/env bash
# kanboard 1.1.8 (PyPI, Kanboard's own client): a Client keeps the event loop of the place where it
# is made. One that is made before asyncio.run, as a module does, raises RuntimeError from every
# *_async method, and sends the call all the same: the task is created, its id is lost, and a caller
# that repeats what failed creates it again. The README's example makes its client inside the
# coroutine, and does not say that it must. asyncio.to_thread(client.create_task, ...) works with
# both.
# Output seen:
# made before asyncio.run: ['RuntimeError', 'RuntimeError']; tasks created: 2
# made inside it: [3, 4]; tasks created: 4
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "kanboard==1.1.8"
"$folder/venv/bin/python" -W ignore::DeprecationWarning - <<'PYTHON'
import asyncio
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

from kanboard import Client

created = []


class Board(BaseHTTPRequestHandler):
    def do_POST(self):
        call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert call["method"] == "createTask", call
        created.append(call["params"]["title"])
        answer = {"jsonrpc": "2.0", "id": call["id"], "result": len(created)}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_):
        pass


def new_client():
    return Client(f"http://127.0.0.1:{board.server_port}/jsonrpc.php", "jsonrpc", "token")


async def add(client):
    client = client or new_client()
    try:
        return await client.create_task_async(title="Call back", project_id=1)
    except RuntimeError as error:
        return type(error).__name__


def add_two(client, until):
    answers = [asyncio.run(add(client)) for _ in range(2)]
    give_up_at = time.monotonic() + 30
    while len(created) < until and time.monotonic() < give_up_at:
        time.sleep(0.05)
    return answers, len(created)


board = HTTPServer(("127.0.0.1", 0), Board)
threading.Thread(target=board.serve_forever, daemon=True).start()
before, inside = add_two(new_client(), until=2), add_two(None, until=4)
print(f"made before asyncio.run: {before[0]}; tasks created: {before[1]}")
print(f"made inside it: {inside[0]}; tasks created: {inside[1]}")
expected = (["RuntimeError", "RuntimeError"], 2), ([3, 4], 4)
assert (before, inside) == expected, "the behaviour has changed"
PYTHON
