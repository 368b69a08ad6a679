"""Take a picture of every page, wide and narrow, light and dark, in out/screenshots/.

The six pictures that the documents show are copied to docs/img/. Taskhook runs in a temporary
folder, with sample projects, users and endpoints.
"""

import argparse
import http.client
import json
import shutil
import threading
import time
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from chalicelib.domain.presets import preset
from tools.local_run import local_run

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "out/screenshots"
IMAGES = ROOT / "docs/img"
SHOWN = {
    "board-1280-light": "board",
    "board-390-light": "board-narrow",
    "task-1280-light": "task",
    "deliveries-1280-light": "deliveries",
    "delivery-1280-light": "delivery",
    "settings-1280-light": "settings",
}
"""The pictures in the documents, and their names in docs/img/."""
PAGES = {
    "board": "/boards/1",
    "task": "/tasks/4",
    "deliveries": "/deliveries",
    "sources": "/sources",
    "source": "/sources/alerts",
    "projects": "/projects",
    "project": "/projects/1",
    "users": "/users",
    "settings": "/settings",
    "endpoint": "/endpoints/bot",
    "help": "/help",
    "tokens": "/tokens",
}
WIDTHS = (1280, 390)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LONGEST = 1600
"""Most pixels kept from the top of a page."""

_TASKS: tuple[dict[str, Any], ...] = (
    {
        "title": "Renew the TLS certificate of the status page",
        "owner_id": 2,
        "tags": ["ops"],
        "days": -2,
    },
    {"title": "Look at the nightly report", "color_id": "grey"},
    {"title": "Ask the printer for a quote", "color_id": "yellow", "owner_id": 3, "days": 6},
    {
        "title": "Payments: retry queue is growing",
        "color_id": "red",
        "column_id": 2,
        "owner_id": 2,
        "category_id": 1,
    },
    {"title": "Write the release notes", "color_id": "green", "column_id": 2},
    {
        "title": "Move the alerts to the new endpoint",
        "color_id": "orange",
        "column_id": 3,
        "owner_id": 1,
    },
    {"title": "Interview notes, second round", "color_id": "purple", "column_id": 3, "owner_id": 3},
    {"title": "Onboard the support team", "color_id": "green", "column_id": 4, "owner_id": 2},
)


class _Receiver(BaseHTTPRequestHandler):
    """Answers well, but at /bot not within a second."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/bot"):
            time.sleep(1.5)
        with suppress(OSError):  # the caller is gone
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"heard")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the name is http.server's
        """Say nothing."""


class _Api:
    def __init__(self, run: Mapping[str, str]) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(run["url"]).netloc, timeout=30)
        self._headers = {
            "Authorization": "Basic " + b64encode(f"jsonrpc:{run['api_token']}".encode()).decode()
        }

    def __call__(self, method: str, **params: Any) -> Any:
        said = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return self.post("/jsonrpc", said)["result"]

    def post(self, path: str, said: Any) -> Any:
        """Post JSON and return that of the answer."""
        self._connection.request("POST", path, json.dumps(said), self._headers)
        return json.loads(self._connection.getresponse().read())


def _furnish(api: _Api, receiver_url: str) -> None:
    api("updateProject", project_id=1, name="Support")
    for username, name in (("alice", "Alice"), ("bob", "Bob")):
        user_id = api("createUser", username=username, password="a password", name=name)  # noqa: S106 -- of nobody
        api("addProjectUser", project_id=1, user_id=user_id)
    api("createProject", name="Website", identifier="WEB")
    api("createCategory", project_id=1, name="Bug")
    api("createEndpoint", id="ci", url=receiver_url + "ci")
    archive = receiver_url + "archive"
    created = ["task.created"]
    api("createEndpoint", id="archive", url=archive, format="cloudevents", events=created)
    api("createEndpoint", id="bot", url=receiver_url + "bot", format="standard")
    for task in _TASKS:
        days = task.get("days")
        due = time.strftime("%Y-%m-%d", time.gmtime(time.time() + days * 86400)) if days else ""
        fields = {name: task[name] for name in task if name != "days"}
        api("createTask", project_id=1, date_due=due, **fields)
    for text in (
        "It began after the release.",
        "Two consumers are stuck on one lock.",
        "Restarted; watching it.",
    ):
        api("createComment", task_id=4, user_id=2, content=text)
    _furnish_sources(api)
    api("updateTask", id=4, description="Since 09:40 more comes in than goes out.", priority=2)


_SECRET = "a-secret-of-a-source"  # noqa: S105 -- of nothing


def _furnish_sources(api: _Api) -> None:
    """Make sources, and let one receive its preset's sample and a payload that fails."""
    for source_id, preset_name, name in (
        ("alerts", "grafana", "Production alerts"),
        ("github", "github", "GitHub"),
        ("contact", "form", "Contact form"),
    ):
        api("createSource", id=source_id, preset=preset_name, name=name, secret=_SECRET)
    sample = dict(known.sample) if (known := preset("grafana")) else {}
    for payload in ({"alerts": "none"}, sample):
        api.post(f"/in/alerts?token={_SECRET}", payload)


def _most_tried(api: _Api) -> str:
    """Return the delivery with the most attempts, once one has a second attempt."""
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at:
        delivery = max(
            api("getDeliveries", endpoint_id="bot"),
            key=lambda row: row["tries"],
            default={"tries": 0},
        )
        if delivery["tries"] > 1:
            return str(delivery["id"])
        time.sleep(0.5)
    raise SystemExit("no delivery was tried twice")


def _sign_in(page: Page, run: Mapping[str, str]) -> None:
    page.goto(run["url"] + "/sign-in")
    page.fill("#username", run["admin_username"])
    page.fill("#password", run["admin_password"])
    page.click("main button")
    page.wait_for_selector("nav[aria-label=Main]")
    if page.url.endswith("/password"):
        page.click("[name=keep]")
        page.wait_for_url(lambda url: "/password" not in url)


def _look(page: Page, url: str, file: Path) -> None:
    page.goto(url)
    page.wait_for_load_state("networkidle")
    width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    seen: Any = {"x": 0, "y": 0, "width": width, "height": min(height, LONGEST)}
    page.screenshot(path=file, type="jpeg", quality=70, full_page=True, clip=seen)


def main() -> None:
    """Take the pictures, and copy those that the documents show."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("Chromium is missing: apt-get install chromium")
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), _Receiver) as receiver,
        local_run() as run,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        api = _Api(run)
        _furnish(api, f"http://127.0.0.1:{receiver.server_port}/")
        pages = {**PAGES, "delivery": f"/deliveries/{_most_tried(api)}"}
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for width, scheme in product(WIDTHS, SCHEMES):
            page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
            _look(page, run["url"] + "/sign-in", OUT / f"sign-in-{width}-{scheme}.jpg")
            _sign_in(page, run)
            for name, path in pages.items():
                _look(page, run["url"] + path, OUT / f"{name}-{width}-{scheme}.jpg")
            page.close()
        browser.close()
        receiver.shutdown()
    for taken, shown in SHOWN.items():
        shutil.copyfile(OUT / f"{taken}.jpg", IMAGES / f"{shown}.jpg")
    print(f"{len(list(OUT.glob('*.jpg')))} pictures in {OUT}, {len(SHOWN)} of them in {IMAGES}")


if __name__ == "__main__":
    main()
