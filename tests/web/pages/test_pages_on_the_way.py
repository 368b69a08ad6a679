"""Pages before the first start, after a form, and of files of another version."""

import gzip

import pytest

from chalicelib.services.tasks import lifecycle
from chalicelib.web.pages.templating import STATIC, static_path
from tests.support.page_visits import Visitor, open_address


@pytest.mark.usefixtures("bare_cloud")
def test_before_the_first_start_every_page_asks_for_patience():
    pages = [
        open_address("GET", path, {})
        for path in ("/boards", "/settings", "/sign-in", "/deliveries")
    ]

    assert {(page.status, page.text, page.headers["Retry-After"]) for page in pages} == {
        (503, "Service Unavailable: settings: this Taskhook was never started", "1")
    }


@pytest.mark.usefixtures("cloud")
def test_a_filter_of_a_board_is_kept_when_a_form_has_been_sent():
    admin = Visitor(1)

    filtered = admin.post("/boards/1", do="add", title="x", column_id="1", q="color:red a&b")
    plain = admin.post("/boards/1", do="move", task_id="1", column_id="2", position="1")

    assert [page.status for page in (filtered, plain)] == [303, 303]
    assert filtered.headers["Location"] == "/boards/1?new=1&done=added&q=color%3Ared+a%26b#t1"
    assert plain.headers["Location"].startswith("/boards/1?undo=")
    assert "q=" not in plain.headers["Location"]
    shown = admin.get(filtered.headers["Location"].partition("#")[0]).html
    assert 'value="color:red a&amp;b"' in shown
    assert 'id="new-1" name="title"' in shown


@pytest.mark.usefixtures("cloud")
def test_a_form_of_more_than_2_mb_is_refused_in_plain_words():
    admin, task_id = Visitor(1), lifecycle.create_task({"title": "x"})

    page = admin.post(
        f"/tasks/{task_id}", do="save", title="y", description="z" * (2 * 1024 * 1024)
    )

    assert "body: takes at most 2 MB" in page.seen
    assert page.status == 413
    assert lifecycle.find_task(task_id).title == "x"


def test_a_file_of_another_version_is_shown_but_not_kept():
    newest = static_path("taskhook.css")
    [_, _, version, name] = newest.split("/")

    pages = [open_address("GET", path, {}) for path in (newest, f"/static/{version[::-1]}x/{name}")]

    kept = [page.headers["Cache-Control"] for page in pages]
    assert kept == ["public, max-age=31536000, immutable", "no-store"]
    assert pages[0].text == pages[1].text
    assert {page.headers["Content-Type"] for page in pages} == {"text/css; charset=utf-8"}


@pytest.mark.parametrize(
    ("headers", "is_packed"),
    [
        ({"accept": "text/css", "accept-encoding": "gzip, br"}, True),
        ({"accept": "text/css", "accept-encoding": "gzip;q=0"}, False),
        ({"accept-encoding": "gzip"}, False),
    ],
)
def test_a_file_is_compressed_for_who_takes_it(headers, is_packed):
    page = open_address("GET", static_path("taskhook.css"), headers)

    assert page.headers["Vary"] == "Accept-Encoding"
    assert ("Content-Encoding" in page.headers, page.is_base64) == (is_packed, is_packed)
    content = gzip.decompress(page.content) if is_packed else page.content
    assert content == (STATIC / "taskhook.css").read_bytes()
