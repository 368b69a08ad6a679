"""The URLs of chats whose request bodies take parts of the configured URL."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from chalicelib.domain.errors import TargetRefused

_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
"""A topic of ntfy (its server/server.go, `topicRegex`)."""

_CHAT = re.compile(r"-?[0-9]{1,20}|@[A-Za-z0-9_]{1,64}")
_THREAD = re.compile(r"[0-9]{1,18}")
_QUERY = {"chat_id", "message_thread_id"}


class ChatTarget(NamedTuple):
    """The URL of the request, and the parts of the configured URL for the body."""

    url: str
    fields: dict[str, Any]


def as_configured(url: str) -> ChatTarget:
    """Return the URL as it is: the body needs nothing of it."""
    return ChatTarget(url, {})


def ntfy(url: str) -> ChatTarget:
    """Return the server's address and the topic, which is the last segment of the path.

    ntfy publishes JSON at its root alone (docs.ntfy.sh, "Publish as JSON").

    Raises:
        TargetRefused: There is no topic.
    """
    parts = urlsplit(url)
    before, _, topic = parts.path.rstrip("/").rpartition("/")
    topic = unquote(topic)
    if not _TOPIC.fullmatch(topic):
        raise TargetRefused("must end in the topic: 1 to 64 of A-Z a-z 0-9 _ -")
    return ChatTarget(urlunsplit(parts._replace(path=f"{before}/")), {"topic": topic})


def telegram(url: str) -> ChatTarget:
    """Return the address of a bot's method, and the chat that the query names.

    Raises:
        TargetRefused: The method is not sendMessage, or there is no chat_id.
    """
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    named = {name: value for name, value in query if name in _QUERY and value}
    if not parts.path.lower().endswith("/sendmessage"):
        raise TargetRefused("must end in /sendMessage?chat_id=ID")
    if not _CHAT.fullmatch(named.get("chat_id", "")):
        raise TargetRefused("must name the chat: ?chat_id=ID or ?chat_id=@channel")
    fields: dict[str, Any] = {"chat_id": _number_or_text(named["chat_id"])}
    if thread := named.get("message_thread_id"):
        if not _THREAD.fullmatch(thread):
            raise TargetRefused("must have a number as message_thread_id")
        fields["message_thread_id"] = int(thread)
    rest = urlencode([(name, value) for name, value in query if name not in _QUERY])
    return ChatTarget(urlunsplit(parts._replace(query=rest)), fields)


def _number_or_text(text: str) -> int | str:
    return text if text.startswith("@") else int(text)


TargetOf = Callable[[str], ChatTarget]
"""Returns the call of a configured URL. Raises TargetRefused."""
