"""What the other tests of this folder rest on: a click waits for the whole page."""

from tests.browser.conftest import ONE_WORKER
from tests.support.receivers import Peer, say

pytestmark = ONE_WORKER

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
NO_ICON = b'<link rel="icon" href="data:,">'  # else it is asked for when the peer is gone


def test_a_click_does_not_return_at_half_of_the_page_that_it_leads_to(open_page):
    page = open_page()

    with Peer(
        say(HEAD + NO_ICON + b"<main>First half,", b" second half</main>", pause=0.5)
    ) as peer:
        page.set_content(f'<a href="http://127.0.0.1:{peer.port}/">On</a>')
        page.click("a")

    assert page.text_content("main") == "First half, second half"
