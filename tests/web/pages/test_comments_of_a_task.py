"""Comments on the page of a task, of which there may be more than one answer of Lambda holds."""

import json
import re

import pytest

from chalicelib.config import CONFIG
from chalicelib.domain.comments import comment_id
from chalicelib.services.accounts import users
from chalicelib.services.projects import membership
from chalicelib.services.tasks import comments, lifecycle
from tests.support.page_visits import Visitor

pytestmark = pytest.mark.usefixtures("cloud")

LONGEST = 400_000
"""Bytes of a comment, or of a description, that moto takes; DynamoDB takes a little more."""


def comment(*texts, visibility="user"):
    for text in texts:
        comments.add_comment(1, 1, text, "", visibility)


def pages_of(visitor):
    """Return the pages of a task's comments, from the newest one on."""
    pages = [visitor.get("/tasks/1")]
    while link := re.search(r'href="(/tasks/1\?after=\d+)#comments">Older', pages[-1].text):
        pages.append(visitor.get(link[1]))
    return pages


def texts_of(page):
    shown = r'<article class="comment">.*?<p(?: class="text")?>(.*?)</p>'
    return re.findall(shown, page.html)


def test_comments_that_are_too_many_for_one_page_are_on_several_each_whole():
    lifecycle.create_task({"title": "x", "description": "&" * LONGEST})
    comment("one", "two", *["&" * LONGEST] * 4, "three")

    pages = pages_of(Visitor(1))

    longest = "&amp;" * LONGEST
    assert [texts_of(page) for page in pages] == [
        [longest, "three"],
        [longest],
        [longest],
        ["one", "two", longest],
    ]
    assert max(len(json.dumps(page.text)) for page in pages) < CONFIG.largest_answer


def test_short_comments_take_room_too_and_there_is_a_way_back_to_the_newest(monkeypatch):
    monkeypatch.setattr(comments, "SHOWN", 3500)
    lifecycle.create_task({"title": "x"})
    comment(*"1234567")

    pages = pages_of(Visitor(1))

    back = ['href="/tasks/1#comments">Newest' in page.text for page in pages]
    assert [texts_of(page) for page in pages] == [["5", "6", "7"], ["2", "3", "4"], ["1"]]
    assert back == [False, True, True]


def test_a_page_of_comments_that_others_may_see_leads_to_the_older_ones(monkeypatch):
    monkeypatch.setattr(comments, "SHOWN", 3500)
    lifecycle.create_task({"title": "x"})
    membership.set_role(1, int(users.add_user("ada").id), "project-viewer", is_member=False)
    comment("for all")
    comment("x" * 3500, visibility="administrator")

    pages = pages_of(Visitor(2))
    beyond = Visitor(2).get(f"/tasks/1?after={comment_id(1, 1)}")

    assert [texts_of(page) for page in (*pages, beyond)] == [[], ["for all"], []]
    assert "No comments here that you can see." in pages[0].seen
    assert "No older comments." in beyond.seen
