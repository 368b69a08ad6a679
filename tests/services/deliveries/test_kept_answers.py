"""What receivers say is kept without the token and the secrets, wherever the record ends."""

import pytest

from chalicelib.services.endpoints import endpoints
from chalicelib.services.tasks import lifecycle
from tests.support.cloud import TOKEN
from tests.support.deliveries import rows, subscribe
from tests.support.receivers import Inbox, Peer, say

pytestmark = pytest.mark.usefixtures("cloud")


def kept(cloud, url):
    """Deliver one event to a URL, and return the only attempt."""
    endpoints.add_endpoint(url, endpoint_id="ci")
    lifecycle.create_task({"title": "x"})
    cloud.pump()
    [row] = rows()
    [attempt] = row.attempts
    return attempt


@pytest.mark.parametrize("left", [1, 3, 4, len(TOKEN) - 1])
@pytest.mark.parametrize("size", [1024, 5000])
def test_a_token_that_reaches_over_the_end_of_what_is_kept_is_not_kept_in_part(cloud, left, size):
    body = (b"." * (1024 - left) + TOKEN.encode()).ljust(size, b".")
    with Inbox(status=500, answer=body) as inbox:
        answer = kept(cloud, inbox.url)["answer"]

    assert answer == ("." * (1024 - left) + ("[token]" if left >= 4 else ""))[:1024]


def test_a_token_that_arrives_in_two_reads_is_hidden(cloud):
    head = b"HTTP/1.1 500 No\r\nContent-Length: %d\r\n\r\n" % len(TOKEN)
    with Peer(say(head + TOKEN[:10].encode(), TOKEN[10:].encode(), pause=0.05)) as peer:
        answer = kept(cloud, f"http://127.0.0.1:{peer.port}/")["answer"]

    assert answer == "[token]"


def test_a_token_whose_second_half_never_comes_is_hidden(cloud):
    head = b"HTTP/1.1 500 No\r\nContent-Length: 900\r\n\r\n"
    with Peer(say(head + b"it was " + TOKEN[:10].encode())) as peer:
        answer = kept(cloud, f"http://127.0.0.1:{peer.port}/")["answer"]

    assert answer == "it was [token]"


def test_a_secret_is_kept_neither_of_an_answer_nor_of_where_a_redirect_leads(cloud):
    with Inbox(status=302) as inbox:
        secret = subscribe(inbox.url).secret or ""
        inbox.answer = f"signed with {secret}?".encode()
        inbox.answer_headers = {"Location": f"/x?secret={secret}&token={TOKEN}"}
        lifecycle.create_task({"title": "x"})
        cloud.pump()

    [row] = rows()
    said = "a redirect to /x?secret=[secret]&token=[token]: redirects are not followed"
    assert (row.outcome, row.attempts[0]["answer"]) == (said, "signed with [secret]?")


def test_an_old_secret_that_still_signs_is_hidden_too(cloud):
    with Inbox(status=500) as inbox:
        old = subscribe(inbox.url).secret or ""
        new = endpoints.rotate_secret("ci")
        inbox.answer = f"{old} or {new}".encode()
        lifecycle.create_task({"title": "x"})
        cloud.pump()

    assert rows()[0].attempts[0]["answer"] == "[secret] or [secret]"


def test_the_headers_of_an_answer_are_kept_without_secrets_and_cookies(cloud):
    with Inbox(status=500) as inbox:
        secret = subscribe(inbox.url).secret or ""
        inbox.answer_headers = {"X-Request-Id": "r-1", "Set-Cookie": "id=7", "X-Echo": secret}
        lifecycle.create_task({"title": "x"})
        cloud.pump()

    lines = rows()[0].attempts[0]["headers"].splitlines()

    assert lines[-3:] == ["x-request-id: r-1", "set-cookie: [secret]", "x-echo: [secret]"]
    assert not any(line.startswith(("date:", "content-length:")) for line in lines)


def test_of_long_headers_at_most_512_bytes_are_kept(cloud):
    with Inbox(status=500) as inbox:
        inbox.answer_headers = {f"X-{number}": "é" * 200 for number in range(9)}
        headers = kept(cloud, inbox.url)["headers"]

    assert 350 < len(headers.encode()) <= 512
