"""Markdown on the pages: what it shows, and that nothing that people write escapes from it."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.services.accounts import users
from chalicelib.services.projects import membership, projects
from chalicelib.services.tasks import comments, lifecycle
from chalicelib.web.pages.markdown import LONGEST, ROOM, Reader, tasks_named
from tests.support.page_visits import Visitor

REL = 'rel="noopener nofollow"'

TAGS = {
    *("p", "br", "em", "strong", "s", "code", "pre", "ul", "ol", "li", "blockquote", "hr"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "a"),
}
ATTRIBUTES = {"a": {"href", "rel", "title"}, "ol": {"start"}, "p": {"class"}}
ATTRIBUTES |= {"th": {"class"}, "td": {"class"}}


def html_of(text, paths=None):
    return str(Reader(paths or {}).shown(text)).rstrip("\n")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bold** ~~gone~~", "<p><strong>bold</strong> <s>gone</s></p>"),
        ("two\nlines", "<p>two<br>\nlines</p>"),
        ("<b onclick=x()>raw</b>", "<p>&lt;b onclick=x()&gt;raw&lt;/b&gt;</p>"),
        ("[a](javascript:alert)", "<p>[a](javascript:alert)</p>"),
        ("[a](/sign-out)", "<p>[a](/sign-out)</p>"),
        ("[a](http://b.c)", f'<p><a href="http://b.c" {REL}>a</a></p>'),
        ("<a@b.example>", f'<p><a href="mailto:a@b.example" {REL}>a@b.example</a></p>'),
        ("![cat](https://b.c/cat.png)", f'<p><a href="https://b.c/cat.png" {REL}>cat</a></p>'),
        ("[![cat](https://b.c/i)](https://d.e)", f'<p><a href="https://d.e" {REL}>cat</a></p>'),
        (
            "(see https://b.c/d_(e)_f.)",
            f'<p>(see <a href="https://b.c/d_(e)_f" {REL}>https://b.c/d_(e)_f</a>.)</p>',
        ),
        ("#12, #13", '<p><a href="/tasks/12">#12</a>, #13</p>'),
        ("`#12` a#12 &#12 #12a [#12](http://b.c)", None),
        ("- [x] done\n- [ ] open", "<ul>\n<li>☑ done</li>\n<li>☐ open</li>\n</ul>"),
        ("# One\n### Two", "<h3>One</h3>\n<h4>Two</h4>"),
        ("```python\nx < 1\n```", "<pre><code>x &lt; 1\n</code></pre>"),
        (" \n", ""),
    ],
)
def test_a_text_is_shown_as_its_author_meant_it(text, html):
    shown = html_of(text, {12: "/tasks/12"})

    if html is None:
        assert "/tasks/12" not in shown
    else:
        assert shown == html


def test_numbers_of_a_table_are_aligned_by_a_class_for_styles_are_forbidden():
    shown = html_of("|a|b|\n|-|-:|\n|1|2|")

    assert '<th class="number">b</th>' in shown
    assert '<td class="number">2</td>' in shown


class Parts(HTMLParser):
    """The tags of a text, and the links."""

    def __init__(self, html):
        super().__init__()
        self.seen, self.open, self.links = set(), [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.seen |= {(tag, None)} | {(tag, name) for name, _ in attrs}
        self.links += [value for name, value in attrs if name == "href"]
        if tag not in {"br", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_comment(self, data):
        self.seen.add(("comment", data))

    handle_decl = handle_pi = unknown_decl = handle_comment


PIECES = st.sampled_from(
    [
        *("<", ">", "&", '"', "'", "`", "```\n", "*", "_", "~~", "[", "]", "(", ")", "!", "|", "#"),
        *(
            "\n",
            "\n\n",
            "- ",
            "1. ",
            "> ",
            "    ",
            "\t",
            "\\",
            "---",
            "- [x] ",
            "#7",
            "&lt;",
            "&#60;",
        ),
        *("<script>", "</a>", "<!--", "-->", "<?", "<![CDATA[", "onclick=", "javascript:", "\x00"),
        *(
            "https://b.c/",
            "http://",
            "data:text/html,",
            "mailto:",
            "[a]: ",
            "a",
            " ",
            "é",
            "|-|-|\n",
        ),
    ]
)


@given(st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join)))
def test_no_text_makes_other_markup_or_leads_anywhere_but_to_the_web_mail_and_tasks(text):
    parts = Parts(html_of(text, {7: "/tasks/7"}))

    allowed: set[tuple[str, str | None]] = {(tag, None) for tag in TAGS}
    allowed |= {(tag, name) for tag, names in ATTRIBUTES.items() for name in names}
    assert parts.seen <= allowed
    assert parts.open == []
    safe = ("http://", "https://", "mailto:", "/tasks/7")
    assert [link for link in parts.links if not link.lower().startswith(safe)] == []


def test_a_text_over_the_bound_is_shown_as_it_was_typed_and_so_is_what_follows_many_others():
    reader = Reader({})

    shown = [str(reader.shown("*x*" + "a" * (LONGEST - 3))) for _ in range(ROOM // LONGEST + 1)]

    assert html_of("*x*" * LONGEST).startswith('<p class="text">*x*')
    assert [text.startswith("<p><em>") for text in shown] == [True, True, True, False]


@pytest.mark.parametrize("deep", [">" * 25 + " kept", "> " * 25 + "kept", "- " * 12 + "kept"])
def test_no_word_of_a_text_is_lost_however_deep_its_quotes_and_lists(deep):
    assert "kept" in html_of(deep)


def test_the_tasks_that_texts_name_are_few_and_each_is_named_once():
    texts = ["#3 #3 #4", "#0 ##5 #99999999999 x#6", " ".join(f"#{n}" for n in range(10, 200))]

    assert tasks_named(texts) == [3, 4, *range(10, 58)]


@pytest.mark.usefixtures("cloud")
def test_a_task_links_only_to_tasks_that_its_reader_may_see():
    reader = int(users.add_user("ada", "a password").id)
    membership.set_role(1, reader, "project-viewer", is_member=False)
    hidden = projects.add_project("Hidden")
    other = lifecycle.create_task({"title": "seen"})
    secret = lifecycle.create_task({"title": "secret", "project_id": str(hidden.id)})
    text = f"#{other} #{secret} #999"
    task_id = lifecycle.create_task({"title": "x", "description": text})
    comments.add_comment(task_id, 1, text, "", "user")

    page = Visitor(reader).get(f"/tasks/{task_id}")

    assert page.html.count(f'<p><a href="/tasks/{other}">#{other}</a> #{secret} #999</p>') == 2
