"""The chats, as they answer: each enforces what its documentation says and calls whom it would.

Sources: docs.slack.dev (incoming webhooks, Block Kit, mrkdwn), developers.mattermost.com and its
server's Slack compatibility, discord.com/developers (execute webhook, embed limits), Teams' limits
and the schema of Adaptive Cards, docs.ntfy.sh (publish as JSON), core.telegram.org/bots/api.
"""

import html
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from tests.support.receivers import Inbox, Received, Reply


class Fault(Exception):
    """What a chat refuses."""

    def __init__(self, status: int, answer: Any) -> None:
        """Keep how it answers."""
        super().__init__(status, answer)
        self.status, self.answer = status, answer


class Posted(NamedTuple):
    """A message as a chat shows it."""

    text: str
    calls: list[str]  # whom it would notify
    links: list[str]


class Chat(Inbox):
    """A chat on 127.0.0.1: keeps what it has posted."""

    def __init__(self, name: str) -> None:
        """Speak as the chat of that name."""
        self.read, self.path, self.fine = CHATS[name]
        self.posted: list[Posted] = []
        super().__init__()
        self.url = self.url.rstrip("/") + self.path

    def __enter__(self) -> "Chat":  # noqa: PYI034 -- Self is of Python 3.11
        """Serve."""
        super().__enter__()
        return self

    def reply_to(self, received: Received) -> Reply:
        """Post a message, or refuse it; `status` other than 204 stands in for the chat's own."""
        if self.status != 204:
            return super().reply_to(received)
        try:
            self.posted.append(self.read(received))
        except Fault as fault:
            return _reply(fault.status, fault.answer)
        status, answer = self.fine(received)
        return _reply(status, answer)


def _reply(status: int, answer: Any) -> Reply:
    body = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
    return Reply(status, {}, body)


def json_of(received: Received, otherwise: Any) -> dict[str, Any]:
    """Return the JSON object that a request holds, or refuse it."""
    try:
        body = json.loads(received.body)
    except ValueError as error:
        raise Fault(400, otherwise) from error
    if received.headers.get_content_type() != "application/json" or not isinstance(body, dict):
        raise Fault(400, otherwise)
    return body


def utf16(text: str) -> int:
    """Return how long a text is where length counts UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def need(holds: object, status: int, answer: Any) -> None:
    """Refuse what does not hold."""
    if not holds:
        raise Fault(status, answer)


# --- Slack


def slack(received: Received) -> Posted:
    """Read a message of Slack's incoming webhooks."""
    need(urlsplit(received.path).path == "/services/T1/B1/secret", 404, "no_service")
    body = json_of(received, "invalid_payload")
    need(isinstance(body.get("text"), str) and body["text"], 400, "no_text")
    texts = [body["text"]]
    need(len(body["text"]) <= 40_000, 400, "msg_too_long")
    blocks = body.get("blocks", [])
    need(isinstance(blocks, list) and len(blocks) <= 50, 400, "invalid_blocks")
    for block in blocks:
        texts += _slack_texts(block)
    shown = texts[1:] or texts
    calls = [call for text in texts for call in re.findall(r"<[!@#][^>]*>", text)]
    links = re.findall(r"<(https?://[^|>]+)\|", "\n".join(shown))
    for text in texts:  # what is left after the links was not escaped
        rest = re.sub(r"<https?://[^|<>]+\|[^<>]+>", "", text)
        need(not re.search(r"[<>]|&(?!amp;|lt;|gt;)", rest), 400, f"not escaped: {rest}")
    return Posted(html.unescape("\n".join(shown)), calls, links)


def _slack_texts(block: Any) -> list[str]:
    need(isinstance(block, dict), 400, "invalid_blocks")
    kinds = {"section": lambda: [block["text"]], "context": lambda: block["elements"]}
    need(block.get("type") in kinds, 400, "invalid_blocks")
    objects = kinds[block["type"]]()
    need(1 <= len(objects) <= 10, 400, "invalid_blocks")
    for one in objects:
        need(one.get("type") == "mrkdwn", 400, "invalid_blocks")
        need(isinstance(one.get("text"), str), 400, "invalid_blocks")
        need(1 <= utf16(one["text"]) <= 3000, 400, "invalid_blocks")
    return [one["text"] for one in objects]


# --- Mattermost

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def mattermost(received: Received) -> Posted:
    """Read a message of Mattermost's incoming webhooks; Slack's announcements are expanded."""
    need(urlsplit(received.path).path == "/hooks/secret", 404, {"id": "store.sql_webhooks.get"})
    body = json_of(received, {"id": "web.incoming_webhook.parse.app_error"})
    text: str = body.get("text") or ""
    need(text, 400, {"id": "web.incoming_webhook.text.app_error"})
    need(len(text) <= 16_383, 400, {"id": "model.post.is_valid.message_length.app_error"})
    for name in ("channel", "here", "all", "everyone"):
        text = text.replace(f"<!{name}>", f"@{name}")
    text = re.sub(r"<@(\w+)>", r"@\1", text)
    calls = re.findall(r"@[A-Za-z0-9][\w.-]*", text)
    links = re.findall(r"\]\((https?://[^)]+)\)", text)
    return Posted(_ESCAPED.sub(r"\1", text), calls, links)


# --- Discord

_EMPTY = {"code": 50006, "message": "Cannot send an empty message"}
_INVALID = {"code": 50035, "message": "Invalid Form Body"}


def discord(received: Received) -> Posted:
    """Read a message of Discord's webhooks."""
    parts = urlsplit(received.path)
    gone = {"code": 10015, "message": "Unknown Webhook"}
    need(parts.path == "/api/webhooks/1/secret", 404, gone)
    body = json_of(received, {"code": 50109, "message": "The request body contains invalid JSON."})
    content, embeds = body.get("content", ""), body.get("embeds", [])
    need(content or embeds, 400, _EMPTY)
    need(utf16(content) <= 2000 and len(embeds) <= 10, 400, _INVALID)
    texts = [text for embed in embeds for text in _discord_texts(embed)]
    need(sum(map(utf16, texts)) <= 6000, 400, _INVALID)
    mentions = body.get("allowed_mentions", {"parse": ["everyone", "roles", "users"]})
    need(set(mentions["parse"]) <= {"everyone", "roles", "users"}, 400, _INVALID)
    found = re.findall(r"@everyone|@here|<@[!&]?\d+>", content)
    calls = found if mentions["parse"] else []
    links = [embed["url"] for embed in embeds if "url" in embed]
    return Posted(_ESCAPED.sub(r"\1", "\n".join([content, *texts])), calls, links)


def _discord_texts(embed: Any) -> list[str]:
    limits = {
        "author": ((embed.get("author") or {}).get("name"), 256),
        "title": (embed.get("title"), 256),
        "description": (embed.get("description"), 4096),
        "footer": ((embed.get("footer") or {}).get("text"), 2048),
    }
    for name, (text, most) in limits.items():
        is_fine = isinstance(text, str) and 1 <= utf16(text) <= most
        need(is_fine if name in embed else True, 400, _INVALID)
    need(re.match(r"https?://", embed.get("url", "https://")), 400, _INVALID)
    need(0 <= embed.get("color", 0) <= 0xFFFFFF, 400, _INVALID)
    return [text for text, _ in limits.values() if text]


def _discord_fine(received: Received) -> tuple[int, Any]:
    waits = parse_qs(urlsplit(received.path).query).get("wait") == ["true"]
    return (200, {"id": "1", "type": 0}) if waits else (204, "")


# --- Teams


def teams(received: Received) -> Posted:
    """Read a message for the flow that posts Adaptive Cards (Workflows)."""
    need(urlsplit(received.path).path == "/workflows/secret/triggers/manual/paths/invoke", 404, {})
    body = json_of(received, {"error": {"code": "InvalidRequestContent"}})
    need(len(received.body) <= 28 * 1024, 413, {"error": {"code": "RequestEntityTooLarge"}})
    invalid = {"error": {"code": "TriggerInputSchemaMismatch"}}
    need(body.get("type") == "message" and body.get("attachments"), 400, invalid)
    texts, links = [], []
    for attachment in body["attachments"]:
        kind = attachment.get("contentType")
        need(kind == "application/vnd.microsoft.card.adaptive", 400, invalid)
        card = attachment["content"]
        need((card.get("type"), card.get("version")) == ("AdaptiveCard", "1.4"), 400, invalid)
        for block in card["body"]:
            need(block.get("type") == "RichTextBlock" and block.get("inlines"), 400, invalid)
            for run in block["inlines"]:
                need(run.get("type") == "TextRun" and run.get("text"), 400, invalid)
                texts.append(run["text"])
        for action in card.get("actions", []):
            need(action.get("type") == "Action.OpenUrl" and action.get("title"), 400, invalid)
            links.append(action["url"])
    calls = [str(card["msteams"]["entities"])] if "msteams" in card else []
    return Posted("\n".join(texts), calls, links)


# --- ntfy


def ntfy(received: Received) -> Posted:
    """Read a message that is published as JSON, at the root alone."""
    need(urlsplit(received.path).path == "/", 400, {"error": "not published as JSON: the root"})
    too_large = {"code": 41303, "http": 413, "error": "JSON payload too large"}
    need(len(received.body) <= 2 * 4096, 413, too_large)
    body = json_of(received, {"code": 40024, "http": 400, "error": "invalid JSON"})
    topic = {"code": 40009, "http": 400, "error": "invalid request: topic invalid"}
    need(re.fullmatch(r"[-_A-Za-z0-9]{1,64}", body.get("topic", "")), 400, topic)
    priority = {"code": 40007, "http": 400, "error": "invalid request: priority invalid"}
    need(body.get("priority", 3) in range(1, 6), 400, priority)
    message = body.get("message", "triggered")
    # A longer one arrives as an attached file.
    need(1 <= len(message.encode()) <= 4096, 400, {"error": "not a message"})
    links = [body["click"]] if "click" in body else []
    return Posted("\n".join([body.get("title", ""), message]), [], links)


# --- Telegram

_TAGS = {"b", "strong", "i", "em", "u", "s", "a", "code", "pre", "blockquote", "tg-spoiler"}


class _Parsed(HTMLParser):
    """Telegram's HTML: few tags, and each closed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.text = ""
        self.open: list[str] = []
        self.links: list[str] = []
        self.feed(text)
        self.close()
        need(not self.open, 400, _bad("can't parse entities"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        need(tag in _TAGS, 400, _bad(f"can't parse entities: unsupported start tag {tag}"))
        self.open.append(tag)
        self.links += [value or "" for name, value in attributes if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        need(self.open and self.open.pop() == tag, 400, _bad("can't parse entities"))

    def handle_data(self, text: str) -> None:
        need("<" not in text and "&" not in text, 400, _bad("can't parse entities"))
        self.text += text

    def handle_entityref(self, name: str) -> None:
        need(name in {"lt", "gt", "amp", "quot"}, 400, _bad("can't parse entities"))
        self.text += html.unescape(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.text += html.unescape(f"&#{name};")


def _bad(reason: str) -> dict[str, Any]:
    return {"ok": False, "error_code": 400, "description": f"Bad Request: {reason}"}


def telegram(received: Received) -> Posted:
    """Read a call of the Bot API's method sendMessage."""
    unknown = {"ok": False, "error_code": 404, "description": "Not Found"}
    parts = urlsplit(received.path)
    need(parts.path == "/bot123:secret/sendMessage" and not parts.query, 404, unknown)
    body = json_of(received, _bad("object expected as JSON"))
    need(body.get("chat_id") == -1001, 400, _bad("chat not found"))
    need(isinstance(body.get("message_thread_id", 0), int), 400, _bad("thread not found"))
    need(body.get("parse_mode") == "HTML", 400, _bad("unsupported parse_mode"))
    parsed = _Parsed(body.get("text", ""))
    need(parsed.text.strip(), 400, _bad("message text is empty"))
    need(utf16(parsed.text) <= 4096, 400, _bad("message is too long"))
    return Posted(parsed.text, re.findall(r"@[A-Za-z]\w+", parsed.text), parsed.links)


CHATS: dict[str, tuple[Callable[[Received], Posted], str, Callable[[Received], Any]]] = {
    "slack": (slack, "/services/T1/B1/secret", lambda _: (200, "ok")),
    "mattermost": (mattermost, "/hooks/secret", lambda _: (200, "ok")),
    "discord": (discord, "/api/webhooks/1/secret?wait=true", _discord_fine),
    "teams": (teams, "/workflows/secret/triggers/manual/paths/invoke", lambda _: (202, "")),
    "ntfy": (ntfy, "/Tasks_1", lambda _: (200, {"id": "x", "event": "message"})),
    "telegram": (
        telegram,
        "/bot123:secret/sendMessage?chat_id=-1001&message_thread_id=4",
        lambda _: (200, {"ok": True, "result": {"message_id": 1}}),
    ),
}
