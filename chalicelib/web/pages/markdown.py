"""Descriptions and comments in Markdown, as HTML that is safe to show.

Raw HTML is shown as text. Links lead to http, https and mailto only; an image is a link to it, so
that opening a page tells no other server. URLs and tasks (`#12`) in the text become links.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token
    from markupsafe import Markup

LONGEST = 20_000
"""Most characters of a text that is read as Markdown; a longer one is shown as it was typed."""

ROOM = 60_000
"""Most characters that are read as Markdown on one page: 0.3 s of CPU, at the worst 1.2 s."""

DEEPEST = 20
"""Levels of quotes and lists in each other, of which a list has two; a deeper text is shown as it
was typed. The parser's time grows with it: 20,000 brackets take 0.3 s, with 100 levels 1.6 s."""

MOST_TASKS = 50
"""Most tasks to which the texts of one page link."""

_TASK = r"(?<![\w/&#])#([1-9][0-9]{0,8})(?![\w#])"
_URL = r"https?://[^\s<>\"]{1,2000}"
_LINKED = re.compile(rf"{_URL}|{_TASK}")
_SAFE = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_BOX = re.compile(r"\[([ xX])\](?=\s)")
_TICKED = "\N{BALLOT BOX WITH CHECK}"
_AFTER = ".,:;!?'*_~)]}"
_REL = "noopener nofollow"
_FIRST_HEADING = 3
"""The page itself has headings of the first two levels."""


def tasks_named(texts: Iterable[str]) -> list[int]:
    """Return the ids of tasks that texts name as `#12`, at most `MOST_TASKS`."""
    found: dict[int, None] = {}
    for text in texts:
        for match in re.finditer(_TASK, text[:LONGEST]):
            found[int(match[1])] = None
    return list(found)[:MOST_TASKS]


class Reader:
    """Shows the texts of one page."""

    def __init__(self, paths: Mapping[int, str]) -> None:
        """Show no text yet; `paths` has the path of each task that may become a link, by id."""
        self._paths, self._room = paths, ROOM

    def shown(self, text: str) -> "Markup":
        """Return a text as HTML; a long one, or one after many others, as it was typed."""
        from markupsafe import Markup  # noqa: PLC0415 -- only pages need it

        if not text.strip():
            return Markup("")
        plain = Markup('<p class="text">{}</p>').format(text)
        if len(text) > min(LONGEST, self._room):
            return plain
        self._room -= len(text)
        reader, environment = _reader(), {"paths": self._paths}
        tokens = reader.parse(text, environment)
        if max((token.level for token in tokens), default=0) >= DEEPEST - 1:
            return plain  # the parser leaves out what is deeper
        html = reader.renderer.render(tokens, reader.options, environment)
        return Markup(html)  # noqa: S704 -- the renderer escapes what people wrote


@functools.cache
def _reader() -> "MarkdownIt":
    """Return the parser and renderer, loaded with the first text: it takes 40 ms of CPU."""
    from markdown_it import MarkdownIt  # noqa: PLC0415

    made = MarkdownIt(
        "commonmark", {"html": False, "breaks": True, "xhtmlOut": False, "maxNesting": DEEPEST}
    )
    made.enable(["table", "strikethrough"]).disable(["html_block", "html_inline"])
    made.validateLink = _is_safe  # type: ignore[method-assign]
    made.core.ruler.push("taskhook", _finish)
    return made


def _is_safe(url: str) -> bool:
    return _SAFE.match(url) is not None


def _finish(state: "StateCore") -> None:
    """Make of the parsed text what a page can show."""
    tokens = state.tokens
    levels = sorted({token.tag for token in tokens if token.type == "heading_open"})
    for number, token in enumerate(tokens):
        token.info = ""  # the language of code would become a class
        if token.type.startswith("heading_"):
            token.tag = f"h{min(_FIRST_HEADING + levels.index(token.tag), 6)}"
        elif token.attrs.pop("style", "") == "text-align:right":
            token.attrSet("class", "number")  # the security policy forbids styles
        elif token.type == "inline":
            if number > 1 and tokens[number - 2].type == "list_item_open":
                _draw_box(token)
            token.children = list(_linked(state, token.children or []))


def _draw_box(item: "Token") -> None:
    """Show the `[x]` of a task list's item as a box."""
    first = item.children[0] if item.children else item
    if first.type == "text" and (box := _BOX.match(first.content)):
        first.content = ("\N{BALLOT BOX}" if box[1] == " " else _TICKED) + first.content[3:]


def _linked(state: "StateCore", tokens: Iterable["Token"]) -> Iterator["Token"]:
    """Yield the tokens of a paragraph with links in place of URLs, tasks and images."""
    depth = 0  # in links
    for token in tokens:
        if token.type in {"link_open", "link_close"}:
            depth += token.nesting
        if token.type == "link_open":
            token.attrSet("rel", _REL)
        if token.type == "image":
            yield from _link(token.content or "image", "" if depth else str(token.attrs["src"]))
        elif token.type == "text" and not depth:
            yield from _split(state, token.content)
        else:
            yield token


def _split(state: "StateCore", text: str) -> Iterator["Token"]:
    """Yield a text with links in place of its URLs and tasks."""
    ends_at = 0
    for match in _LINKED.finditer(text):
        named = _trimmed(match[0])
        if match[1]:
            url = state.env["paths"].get(int(match[1]), "")
        else:
            url = state.md.normalizeLink(named)
        if url:
            yield from _link(text[ends_at : match.start()])
            yield from _link(named, url)
            ends_at = match.start() + len(named)
    yield from _link(text[ends_at:])


def _trimmed(url: str) -> str:
    """Return a URL without what follows it in a sentence: a full stop, a bracket."""
    while url[-1] in _AFTER and (url[-1] != ")" or url.count("(") < url.count(")")):
        url = url[:-1]
    return url


def _link(text: str, url: str = "") -> Iterator["Token"]:
    """Yield a text, as a link where it has a URL; only the links to other sites have a `rel`."""
    from markdown_it.token import Token  # noqa: PLC0415 -- loaded with the renderer

    attributes = {"href": url} | ({"rel": _REL} if _is_safe(url) else {})
    if url:
        yield Token("link_open", "a", 1, attrs=dict(attributes))
    if text:
        yield Token("text", "", 0, content=text)
    if url:
        yield Token("link_close", "a", -1)
