"""Measure pages in a browser: how long the server takes, when something is seen, how much is sent for it.

Starts Taskhook in a folder of its own; each page is opened with an empty cache, and what is shown are medians. Ends by
itself.
"""

import argparse
import shutil
import statistics
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from playwright.sync_api import Browser, StorageState, sync_playwright

from bench.api import Api, fill
from bench.common import local_run
from bench.figures import Figure, report

SIZES = (10, 1000, 10_000)
DELIVERIES = 100_000
LARGEST_BOARD = 300
"""KB that a board of 1,000 tasks may have."""

_BATCH = 25  # rows that one call writes at most

_SEEN = """async () => {
  const [page] = performance.getEntriesByType("navigation");
  const painted = await new Promise((tell) => new PerformanceObserver((list) => {
    for (const paint of list.getEntriesByName("first-contentful-paint")) tell(paint.startTime);
  }).observe({ type: "paint", buffered: true }));
  const parts = [page, ...performance.getEntriesByType("resource")];
  return {
    "server": page.responseStart - page.requestStart,
    "first paint": painted,
    "DOMContentLoaded": page.domContentLoadedEventEnd,
    "page": page.encodedBodySize / 1000,
    "all of it": parts.reduce((sum, part) => sum + part.transferSize, 0) / 1000,
    "requests": parts.length,
  };
}"""
_UNITS = {"page": "KB", "all of it": "KB", "requests": ""}  # all else is ms


def fill_deliveries(count: int) -> None:
    """Write deliveries to one endpoint, one each 20 s until now, past Taskhook."""
    from chalicelib.adapters.tables import (  # noqa: PLC0415 -- only now the environment points at the run
        Delivery,
        Endpoint,
    )

    Endpoint("archive", url="http://127.0.0.1:9/", is_active=False).save()
    now, store = time.time(), boto3.client("dynamodb")
    told: dict[str, Any] = {"event_id": "evt_1", "event_type": "task.created", "task_id": 1, "task_version": 1}
    told |= {"created_at": now, "give_up_at": now, "expires_at": int(now) + 10**7, "tries": 1, "took_ms": 20}
    told |= {"format": "kanboard", "body": '{"title": "Measured"}', "status": "delivered", "outcome": "200"}
    like = Delivery("", "", endpoint_id="archive", **told).serialize()

    def write(first: int) -> None:
        rows = [_delivery(like, number, now) for number in range(first, min(first + _BATCH, count))]
        puts: Any = {Delivery.Meta.table_name: [{"PutRequest": {"Item": row}} for row in rows]}
        if store.batch_write_item(RequestItems=puts)["UnprocessedItems"]:
            raise SystemExit("the deliveries could not be written")

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(write, range(0, count, _BATCH)))


def _delivery(like: Mapping[str, Any], number: int, now: float) -> dict[str, Any]:
    key = {"lane": {"S": f"archive.{number}"}, "sequence": {"S": str(number).zfill(40)}}
    return {**like, **key, "created_at": {"N": f"{now - 20 * number:.3f}"}}


def _wait_for_stream(task_id: int) -> None:
    """Wait until the run has seen what was written past it, and has nothing else to do than pages."""
    from chalicelib.services import history  # noqa: PLC0415 -- only now the environment points at the run

    while not history.of_task(task_id):
        time.sleep(0.1)


def _signed_in(browser: Browser, run: Mapping[str, str]) -> StorageState:
    page = browser.new_page()
    page.goto(run["url"] + "/sign-in")
    page.fill("#username", run["admin_username"])
    page.fill("#password", run["admin_password"])
    page.click("main button")
    page.click("[name=keep]")
    page.wait_for_url("**/boards/1")
    return page.context.storage_state()


def look(browser: Browser, who: StorageState, url: str) -> dict[str, float]:
    """Open a page with an empty cache, and return what the browser tells of it."""
    context = browser.new_context(storage_state=who)
    page = context.new_page()
    page.goto(url)
    seen: dict[str, float] = page.evaluate(_SEEN)
    context.close()
    return seen


def measure(times: int, deliveries: int) -> list[Figure]:
    """Measure boards of several sizes, the settings and the list of deliveries."""
    with local_run() as run, sync_playwright() as playwright:
        api, pages = Api(run), {"settings": "/settings"}
        for size in SIZES:
            project_id = api("createProject", name=f"{size} tasks")
            ids = fill(project_id, [int(column["id"]) for column in api("getColumns", project_id=project_id)], size)
            pages[f"board, {size:,} tasks"] = f"/boards/{project_id}"
        fill_deliveries(deliveries)
        _wait_for_stream(ids[-1])
        pages[f"deliveries, {deliveries:,} rows"] = "/deliveries?endpoint=archive"
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        who = _signed_in(browser, run)
        figures = []
        for name, path in pages.items():
            looks = [look(browser, who, run["url"] + path) for _ in range(times + 1)]
            figures += _figures(name, looks[1:])  # the first one warms up
        browser.close()
        return figures


def _figures(name: str, looks: Sequence[Mapping[str, float]]) -> list[Figure]:
    bounds = {("board, 1,000 tasks", "page"): LARGEST_BOARD}
    return [
        Figure(
            f"{name}: {what}",
            statistics.median(seen[what] for seen in looks),
            _UNITS.get(what, "ms"),
            most=bounds.get((name, what)),
        )
        for what in looks[0]
    ]


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--times", type=int, default=9, help="how often a page is opened (default: %(default)s)")
    options.add_argument("--deliveries", type=int, default=DELIVERIES, help="rows to list (default: %(default)s)")
    chosen = options.parse_args()
    if shutil.which("chromium") is None:
        print("\nChromium is missing, and the pages are not measured: apt-get install chromium")
        return
    figures = measure(chosen.times, chosen.deliveries)
    report("pages", "Pages in a browser, with an empty cache", figures, times=chosen.times)


if __name__ == "__main__":
    main()
