"""Measure pages in a browser: the server's time, the first paint, and the bytes sent.

Starts Taskhook in its own folder; each page is opened with an empty cache, and the figures are
medians.
"""

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

from playwright.sync_api import Browser, StorageState, sync_playwright

from bench.api import Api
from bench.figures import Figure, report
from bench.filled import (
    Rows,
    delivery_rows,
    endpoint_row,
    fill,
    new_project,
    row_of_task,
    task_rows,
)
from tools.local_run import local_run

SIZES = (10, 1000, 10_000)
DELIVERIES = 100_000
LARGEST_BOARD = 300
"""KB that a board of 1,000 tasks may have."""

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
    """Open a page with an empty cache, and return the browser's measurements."""
    context = browser.new_context(storage_state=who)
    page = context.new_page()
    page.goto(url)
    seen: dict[str, float] = page.evaluate(_SEEN)
    context.close()
    return seen


def boards(api: Api) -> tuple[dict[str, str], Rows]:
    """Create a project of each size; return the pages of their boards and their tasks' rows."""
    pages, tasks = {}, list[Rows]()
    like = row_of_task(api("createTask", title="Measured", project_id=1))
    for size in SIZES:
        project = new_project(api, f"{size} tasks", size)
        tasks.append(task_rows(like, project))
        pages[f"board, {size:,} tasks"] = f"/boards/{project.id}"
    return pages, chain(*tasks)


def measure(times: int, deliveries: int) -> list[Figure]:
    """Measure boards of several sizes, the settings and the list of deliveries."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        with local_run(Path(name)) as run:
            who = _signed_in(browser, run)
            shown, tasks = boards(Api(run))
        archive = {
            "endpoints": [endpoint_row("archive")],
            "deliveries": delivery_rows("archive", deliveries),
        }
        fill(Path(name), {"tasks": tasks, **archive})
        pages = {
            "settings": "/settings",
            **shown,
            f"deliveries, {deliveries:,} rows": "/deliveries?endpoint=archive",
        }
        figures = []
        with local_run(Path(name)) as run:
            for page, path in pages.items():
                looks = [look(browser, who, run["url"] + path) for _ in range(times + 1)]
                figures += _figures(page, looks[1:])  # the first one warms up
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
    options.add_argument(
        "--times", type=int, default=9, help="how often a page is opened (default: %(default)s)"
    )
    options.add_argument(
        "--deliveries", type=int, default=DELIVERIES, help="rows to list (default: %(default)s)"
    )
    chosen = options.parse_args()
    if shutil.which("chromium") is None:
        print("\nChromium is missing, and the pages are not measured: apt-get install chromium")
        return
    figures = measure(chosen.times, chosen.deliveries)
    report("pages", "Pages in a browser, with an empty cache", figures, times=chosen.times)


if __name__ == "__main__":
    main()
