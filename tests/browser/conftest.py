"""A real browser before a local run: Debian's Chromium, driven by Playwright."""

import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import requests

from tests.support.cloud import PASSWORD
from tests.support.local_run import LocalRun, wait_until
from tests.support.receivers import Inbox

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ONE_WORKER = pytest.mark.xdist_group("browser")
HOSTS = "--host-resolver-rules=MAP *.test 127.0.0.1"
"""A name that is not this machine's own, so that a page over plain http is what it is to others:
not secure."""

USER, USER_PASSWORD = "alice", "alice's password"


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium; without it the tests that need it are skipped, but never in CI."""
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is missing: apt-get install chromium")
        warnings.warn(
            "NO CHROMIUM HERE: THE PAGES ARE NOT TESTED IN A BROWSER",
            pytest.PytestWarning,
            stacklevel=1,
        )
        pytest.skip("Chromium is not at hand")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- only where there is a browser

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", HOSTS])
        yield started
        started.close()


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRun]:
    """A local run with an administrator and a user, of whom nobody has signed in yet."""
    presets = {"ADMIN_PASSWORD": PASSWORD, "RETRY_DELAYS": "3600"}
    with LocalRun(tmp_path_factory.mktemp("pages"), environ=presets) as started:
        yield started


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open pages in contexts of their own; whatever a page complains about fails the test."""
    contexts, complaints = [], []

    def opened(**options: Any) -> Any:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.click = partial(_click, page, page.click)
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: complaints.append(message.text) if message.type == "error" else None,
        )
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [
        text
        for text in complaints
        if "status of 4" not in text and "INTERNET_DISCONNECTED" not in text
    ] == []


def _click(page: Any, click: Callable[..., None], selector: str, **options: Any) -> None:
    """Click, and wait for the page that this may lead to.

    Playwright's click returns at the first byte of the next page: who reads then may read half.
    """
    click(selector, **options)
    page.wait_for_load_state("domcontentloaded")


@pytest.fixture
def admin(run: LocalRun, open_page: Callable[..., Any]) -> Any:
    """A page of the administrator, who has signed in."""
    return signed_in(open_page(), run)


def signed_in(page: Any, run: LocalRun, username: str = "admin", password: str = PASSWORD) -> Any:
    """Sign in, and keep the first password where the page asks for it."""
    page.goto(run.url + "/sign-in")
    page.fill("#username", username)
    page.fill("#password", password)
    page.click("main button")
    page.wait_for_selector("nav[aria-label=Main]")
    if page.url.endswith("/password"):
        page.click("[name=keep]")
        page.wait_for_url(lambda url: "/password" not in url)
    return page


def hold(page: Any, pattern: str) -> list[Any]:
    """Return the list of a page's requests, which grows; the first is held, others do nothing."""
    held: list[Any] = []

    def answer(route: Any) -> None:
        held.append(route)
        if len(held) > 1:
            route.fulfill(status=204)

    page.route(pattern, answer)
    return held


def fail_while_leaving(page: Any, held: list[Any]) -> None:
    """Do as Firefox when somebody follows a link: say so, and end what is under way."""
    wait_until(lambda: page.evaluate("true") and held)
    page.evaluate("dispatchEvent(new Event('beforeunload'))")
    with page.expect_event("requestfailed"):
        held[0].abort("internetdisconnected")
    page.evaluate("new Promise((then) => setTimeout(then))")


def add(run: LocalRun, title: str, **parameters: object) -> int:
    """Add a task by URL, and return its id."""
    answer = run.add(title=title, **parameters)
    assert answer.status == 200, answer
    return int(answer.headers["X-Task-Id"])


def api(run: LocalRun, method: str, **params: object) -> Any:
    """Call a procedure as the application, and return its result."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    credentials = ("jsonrpc", run.ready["api_token"])
    answer = requests.post(run.url + "/jsonrpc", json=body, auth=credentials, timeout=10).json()
    assert "error" not in answer, answer
    return answer["result"]


def _tasks_told_of(run: LocalRun, project_id: int) -> set[str]:
    return {event["task_id"] for event in api(run, "getProjectActivity", project_id=project_id)}


@pytest.fixture(scope="session")
def quiet(run: LocalRun) -> int:
    """A project of which no test looks at the board."""
    return int(api(run, "createProject", name="Quiet"))


@pytest.fixture
def inbox(run: LocalRun, quiet: int) -> Iterator[Inbox]:
    """A receiver, which hears of nothing that an earlier test did."""
    task_id = str(add(run, "The end of what was before", project_id=quiet))
    run.wait_until(lambda: task_id in _tasks_told_of(run, quiet))
    with Inbox() as listening:
        yield listening
