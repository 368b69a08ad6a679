"""Chats: what is posted of each event, within each chat's rules, calling nobody."""

import json
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import chalicelib
from chalicelib.domain import chat_urls, chats, formats
from chalicelib.domain.events import EVENT_TYPES, PING
from tests.support.chats import CHATS, Posted
from tests.support.event_objects import comment_event, endpoint_event, task_event
from tests.support.receivers import Received

FOLDER = Path(chalicelib.__file__).parent / "chats"
NASTY = "<!channel> *x* @everyone & `@here` [y](z) <@U1> #1"
URLS = {"ntfy": chat_urls.ntfy, "telegram": chat_urls.telegram}


def posted(name: str, event: dict[str, Any]) -> Posted:
    """Return what a chat makes of an event's body; it raises what the chat refuses."""
    read, path, _ = CHATS[name]
    target = URLS.get(name, chat_urls.as_configured)(f"https://chat.example{path}")
    body = json.dumps({**target.fields, **chats.write(name, event)}, ensure_ascii=False)
    parts = urlsplit(target.url)
    headers = Message()
    headers["Content-Type"] = "application/json"
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return read(Received(path, headers, body.encode(), 0.0))


CHANGED = {
    "title": ["Fax", "Printer"],
    "description": ["a", "b"],
    "column_id": [1, 3],
    "owner_id": [0, 2],
    "color_id": ["blue", "red"],
    "score": [0, 5],
    "date_due": [0, 1799143200],
}
CLOSED = {"is_active": [1, 0], "date_completed": [0, 1796017914]}
FAILED = {"id": "ci.7.1", "event": "task.created", "task_id": 7, "outcome": "500"}
PLACE = "Shop · Ready · assigned to Ada Example · due 2027-01-05 · by Bo Example"

WORDS = [
    (task_event(data={"description": "It beeps"}), "Task created", "It beeps"),
    (
        task_event("task.modified", changes=CHANGED),
        "Task moved",
        (
            "Title: Fax → Printer\nDescription changed\nColumn: Ready\nAssignee: Ada Example\n"
            "Colour: blue → red\nScore: 0 → 5\nDue: 2027-01-05"
        ),
    ),
    (task_event("task.modified", changes=CLOSED), "Task closed", ""),
    (
        task_event("task.modified", changes={"position": [1, 2]}),
        "Task changed",
        "Position changed",
    ),
    (
        task_event("task.modified", changes={"owner_id": [2, 0]}, data={"owner_id": 0}),
        "Task assigned",
        "Assignee: Ada Example",
    ),
    (
        task_event("task.modified", changes={"date_due": [1799143200, 0], "category_id": [5, 0]}),
        "Task changed",
        "Category: none\nDue: no date",
    ),
    (task_event("task.closed", changes=CLOSED), "Task closed", ""),
    (task_event("task.reopened"), "Task reopened", ""),
    (task_event("task.moved", changes={"column_id": [1, 3]}), "Task moved to Ready", ""),
    (
        task_event("task.moved", changes={"project_id": [2, 1], "column_id": [9, 3]}),
        "Task moved to Shop, Ready",
        "",
    ),
    (task_event("task.assigned"), "Task assigned to Ada Example", ""),
    (comment_event("comment.created"), "New comment", "It beeps"),
    (comment_event("comment.modified"), "Comment changed", "It beeps"),
    (comment_event("comment.removed"), "Comment removed", "It beeps"),
    (task_event("task.renamed"), "task.renamed", ""),
]


@pytest.mark.parametrize(("event", "action", "text"), WORDS, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("name", chats.NAMES)
def test_each_event_of_a_task_is_told_in_every_chat(name, event, action, text):
    lines = posted(name, event).text.replace("\u200b", "").replace("> ", "")

    assert lines.startswith((f"*{action}* ", f"**{action}** ", action, f"\n{action}"))
    assert "#7 Printer" in lines
    assert text in lines
    assert lines.endswith(PLACE)


PROBLEMS = [
    (
        endpoint_event(
            "endpoint.suspended",
            endpoint={"name": "CI", "reason": "500", "suspended_until": 1796017914},
        ),
        [
            "Endpoint suspended",
            "CI",
            "Last failure: 500",
            "Next attempt: 2026-11-30 05:51:54 UTC",
        ],
    ),
    (endpoint_event("endpoint.recovered"), ["Endpoint recovered", "ci"]),
    (
        endpoint_event("endpoint.disabled", endpoint={"reason": "410"}),
        ["Endpoint disabled", "ci", "410"],
    ),
    (
        endpoint_event("delivery.failed", delivery=FAILED),
        ["Delivery failed", "ci", "task.created of task #7: 500"],
    ),
    (
        endpoint_event("delivery.failed", delivery={**FAILED, "count": 12}),
        ["12 deliveries failed", "ci", "task.created of task #7: 500"],
    ),
    (endpoint_event("ping"), ["Test", "Taskhook can post here", "ci"]),
]


@pytest.mark.parametrize(("event", "words"), PROBLEMS, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("name", chats.NAMES)
def test_each_event_of_an_endpoint_is_told_in_every_chat(name, event, words):
    text = posted(name, event).text

    assert [word for word in words if word not in text] == []
    assert "null" not in text.lower()


@pytest.mark.parametrize("name", chats.NAMES)
def test_no_title_or_comment_calls_anybody(name):
    event = comment_event("comment.created", NASTY)
    event["data"]["title"] = NASTY
    event["column"]["name"] = event["owner"]["name"] = event["author"]["name"] = NASTY

    message = posted(name, event)

    assert message.calls == []
    assert message.text.replace("\u200b", "").count(NASTY) >= 2


@pytest.mark.parametrize("name", chats.NAMES)
def test_a_message_links_to_the_task_where_its_address_is_known(name):
    assert posted(name, task_event()).links == ["https://tasks.example.com/tasks/7"]
    assert posted(name, {**task_event(), "url": None}).links == []


hostile = st.text(st.sampled_from("&<>@*_[]()|`\\\"'#~!\n …é😀a"), min_size=1)
titles = hostile.map(lambda text: (text * 200)[:200])
names = titles | st.none()
long = hostile.map(lambda text: (text * 20_000)[:20_000])


@pytest.mark.parametrize("name", chats.NAMES)
@example("&" * 200, "<" * 200, "&" * 20_000)
@example("😀" * 200, "@" * 200, "😀" * 20_000)
@given(titles, names, long)
def test_no_text_breaks_a_limit_or_a_rule_of_a_chat(name, title, other, text):
    event = comment_event("comment.created", text)
    event["data"]["title"] = title
    for part in ("project", "column", "owner", "author"):
        event[part]["name"] = other
    moved = {**event, "type": "task.moved", "changes": {"project_id": [2, 1]}}

    assert posted(name, event).calls == posted(name, moved).calls == []


def test_slack_gets_a_text_and_blocks():
    event = task_event(data={"title": "A <b> & c", "description": "It beeps"})

    head = "*Task created* <https://tasks.example.com/tasks/7|#7 A &lt;b&gt; &amp; c>"
    assert chats.write("slack", event) == {
        "text": head,
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": head}},
            {"type": "section", "text": {"type": "mrkdwn", "text": "It beeps"}},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": PLACE}]},
        ],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def test_mattermost_gets_markdown():
    event = task_event(data={"title": "A [b] @all", "description": "It\nbeeps"})

    assert chats.write("mattermost", event) == {
        "text": "**Task created** [\\#7 A \\[b\\] @\u200ball](https://tasks.example.com/tasks/7)\n"
        "> It\n> beeps\n\n" + PLACE.replace("-", "\\-")
    }


def test_discord_gets_an_embed_that_mentions_nobody():
    assert chats.write("discord", task_event(data={"title": "A *b*"})) == {
        "embeds": [
            {
                "author": {"name": "Task created"},
                "title": "\\#7 A \\*b\\*",
                "url": "https://tasks.example.com/tasks/7",
                "color": 16750487,
                "footer": {"text": PLACE},
            }
        ],
        "allowed_mentions": {"parse": []},
    }


def test_teams_gets_an_adaptive_card_of_plain_text():
    def block(**run: Any) -> dict[str, Any]:
        return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", **run}]}

    assert chats.write("teams", task_event(data={"title": "A *b*"})) == {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "body": [
                        block(text="Task created", weight="Bolder"),
                        block(text="#7 A *b*", size="Medium"),
                        block(text=PLACE, isSubtle=True),
                    ],
                    "actions": [
                        {
                            "type": "Action.OpenUrl",
                            "title": "Open task",
                            "url": "https://tasks.example.com/tasks/7",
                        }
                    ],
                },
            }
        ],
    }


def test_ntfy_gets_plain_text_and_a_priority():
    assert chats.write("ntfy", task_event()) == {
        "title": "Task created",
        "message": f"#7 Printer\n{PLACE}",
        "click": "https://tasks.example.com/tasks/7",
        "priority": 3,
    }
    assert chats.write("ntfy", endpoint_event("endpoint.disabled"))["priority"] == 4


def test_telegram_gets_html():
    assert chats.write("telegram", task_event(data={"title": "A <b> @bo", "description": "x"})) == {
        "text": '<b>Task created</b> <a href="https://tasks.example.com/tasks/7">'
        "#7 A &lt;b&gt; @\u200bbo</a>\n<blockquote>x</blockquote>\n" + PLACE,
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }


def test_a_task_of_nobody_nowhere_is_told_too():
    event = task_event(data={"owner_id": 0, "date_due": 0}, changes={})
    event |= {"owner": None, "column": None, "project": None, "author": {"id": 9, "name": None}}

    assert chats.write("ntfy", event)["message"] == "#7 Printer"


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("kanboard", ["comment.created", "delivery.failed", "endpoint.suspended"]),
        ("kanboard-events", ["delivery.failed", "endpoint.suspended"]),
        *((name, []) for name in ("standard", "cloudevents", "custom", *chats.NAMES)),
    ],
)
def test_a_format_refuses_the_events_that_it_cannot_tell(name, refused):
    types = ["task.created", "endpoint.suspended", "comment.created", "delivery.failed"]

    assert formats.refused_types(name, types) == refused


def test_every_type_of_event_has_words_of_its_own():
    wordings = json.loads((FOLDER / "message.json").read_text())

    assert {*EVENT_TYPES, PING} <= wordings.keys()


def test_every_chat_has_a_file_with_its_steps():
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted([*chats.NAMES, "message"])
    for name in chats.NAMES:
        assert chats.chat(name).documentation.startswith("https://")
        assert 3 <= len(chats.chat(name).set_up) <= 5
