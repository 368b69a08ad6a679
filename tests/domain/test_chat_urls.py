"""What a chat's body needs of the configured URL."""

import pytest

from chalicelib.domain import chat_urls
from chalicelib.domain.errors import TargetRefused


@pytest.mark.parametrize(
    ("url", "called", "topic"),
    [
        ("https://ntfy.sh/alerts", "https://ntfy.sh/", "alerts"),
        ("https://ntfy.sh/alerts/", "https://ntfy.sh/", "alerts"),
        ("http://h:8080/push/my-Topic_1", "http://h:8080/push/", "my-Topic_1"),
        ("https://ntfy.sh/%61lerts?auth=QmVh", "https://ntfy.sh/?auth=QmVh", "alerts"),
    ],
)
def test_ntfys_topic_is_the_last_segment_of_the_path(url, called, topic):
    assert chat_urls.ntfy(url) == (called, {"topic": topic})


@pytest.mark.parametrize(
    "url", ["https://ntfy.sh", "https://ntfy.sh/", "https://ntfy.sh/a.b", f"https://h/{'a' * 65}"]
)
def test_a_url_without_a_topic_is_refused(url):
    with pytest.raises(TargetRefused, match="must end in the topic: 1 to 64 of A-Z a-z 0-9 _ -"):
        chat_urls.ntfy(url)


BOT = "https://api.telegram.org/bot123:ABC/sendMessage"


@pytest.mark.parametrize(
    ("query", "rest", "fields"),
    [
        ("?chat_id=42", "", {"chat_id": 42}),
        ("?chat_id=-1001&message_thread_id=7", "", {"chat_id": -1001, "message_thread_id": 7}),
        ("?chat_id=%40news&a=b%20c", "?a=b+c", {"chat_id": "@news"}),
        ("?chat_id=42&message_thread_id=", "", {"chat_id": 42}),
        ("?chat_id=1&chat_id=2", "", {"chat_id": 2}),
    ],
)
def test_telegrams_chat_is_taken_from_the_query(query, rest, fields):
    assert chat_urls.telegram(BOT + query) == (BOT + rest, fields)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (BOT, "must name the chat"),
        (f"{BOT}?chat_id=", "must name the chat"),
        (f"{BOT}?chat_id=me", "must name the chat"),
        (f"{BOT}?chat_id=1&message_thread_id=x", "must have a number as message_thread_id"),
        ("https://api.telegram.org/bot123:ABC?chat_id=1", "must end in /sendMessage"),
    ],
)
def test_a_url_without_a_chat_is_refused(url, reason):
    with pytest.raises(TargetRefused, match=reason):
        chat_urls.telegram(url)
