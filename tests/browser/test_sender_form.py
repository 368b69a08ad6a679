"""The form of the page about connecting tools, as somebody fills it in on another site."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.browser.conftest import ONE_WORKER
from tests.support.preset_outcomes import known

pytestmark = ONE_WORKER


class Site(ThreadingHTTPServer):
    """A site of two pages: one with a form, and one that thanks."""

    form = ""

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Pages(BaseHTTPRequestHandler):
    """Answers as the site does."""

    def do_GET(self) -> None:
        assert isinstance(self.server, Site)
        body = "<p>Thank you" if self.path == "/thanks" else self.server.form
        self.send_response(200)
        self.send_header("Content-Type", "text/html")  # with no charset, as many sites
        self.end_headers()
        self.wfile.write(f"<!doctype html><title>Shop</title>{body}".encode())

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def site(run) -> Iterator[Site]:
    """A site whose form leads to a source of its own."""
    with Site(("127.0.0.1", 0), Pages) as serving:
        options = ["--origin", serving.origin, "--redirect-to", f"{serving.origin}/thanks"]
        added = run.manage("source", "add", "--json", "--preset", "form", *options)
        source = json.loads(added.stdout)
        address = source["url"]
        serving.form = known("form").snippet.replace("ADDRESS", address)
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield serving
        serving.shutdown()


def test_a_form_on_another_site_makes_a_task_and_leads_back(run, site, open_page):
    page = open_page()
    page.goto(site.origin)
    page.fill("[name=subject]", "Do you deliver to Gozo?")
    page.fill("[name=message]", "On your page: nur nach Österreich.")

    page.click("button")

    page.wait_for_url(f"{site.origin}/thanks")
    rows = run.client("dynamodb").scan(TableName="taskhook-dev-tasks")["Items"]
    [task] = [row for row in rows if row["title"]["S"] == "Do you deliver to Gozo?"]
    assert task["description"]["S"] == "On your page: nur nach Österreich."
