"""The cards of a board, written straight from the store's rows.

A template takes five times as long for each; a page shows a thousand.
"""

import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from chalicelib.adapters.dynamodb.tables import NamedRow, Project
from chalicelib.adapters.dynamodb.tables.task_texts import Texts
from chalicelib.domain.tasks import COLORS
from chalicelib.services.accounts import users
from chalicelib.web.pages import avatars
from chalicelib.web.pages.presenting import day, late

if TYPE_CHECKING:
    from markupsafe import Markup


class Cards:
    """Writes the cards of one board, as short as HTML allows: a page has a thousand."""

    def __init__(self, project: Project, root: str, now: float) -> None:
        """Read the names that cards show.

        Args:
            project: The project.
            root: What the paths of pages begin with.
            now: Epoch seconds.
        """
        from markupsafe import Markup, escape  # noqa: PLC0415 -- only pages need it

        self._markup, self._escape = Markup, escape
        self._open = functools.cache(self._opened)
        self._path, self._now = f"{escape(root)}/tasks/", now
        self._categories, self._tags = self._names(project.categories), self._names(project.tags)
        known = users.CACHE.get().values()
        self._users = {str(user.id): self._avatar(user.shown_name) for user in known}

    def _opened(self, color_id: str) -> str:
        # A colour that was written by hand may be any text.
        shown = color_id if color_id in COLORS else f'"{self._escape(color_id)}"'
        return f"<li class={shown} id=t"

    def _names(self, parts: Iterable[NamedRow]) -> Mapping[str, str]:
        return {str(part.id): str(self._escape(part.name)) for part in parts}

    def _avatar(self, name: str) -> str:
        letters, shown = self._escape(avatars.initials(name)), self._escape(name)
        return f'<i class=w{avatars.tint(name)} role=img title="{shown}">{letters}</i>'

    def written(self, rows: Iterable[Texts]) -> "Markup":
        """Return the cards of tasks as HTML."""
        return self._markup("".join(map(self._card, rows)))

    def _card(self, row: Texts) -> str:
        number = row["task_id"]
        return (
            f"{self._open(row['color_id'])}{number}>\n"
            f"<a href={self._path}{number}>{self._escape(row['title'])}</a>"
            f"<p><b>#{number}</b>{''.join(self._parts(row))}\n"
        )

    def _parts(self, row: Texts) -> Iterator[str]:
        """Yield what a card shows below its title: the assignee comes last, alone at the right."""
        if row.get("priority", "0") != "0":
            yield f"<i>P{self._escape(row['priority'])}</i>"
        if row["date_due"] != "0":
            due = float(row["date_due"])
            is_late = due < self._now
            yield f"<em>{late(self._now - due)}</em>" if is_late else f"<i>{day(due)}</i>"
        if row["category_id"] in self._categories:
            yield f"<i>{self._categories[row['category_id']]}</i>"
        for tag_id in row.get("tags", ()):
            if tag_id in self._tags:
                yield f"<i class=tag>{self._tags[tag_id]}</i>"
        if row["comments"] != "0":
            yield _comments(row["comments"])
        if row["owner_id"] in self._users:
            yield self._users[row["owner_id"]]


def _comments(count: str) -> str:
    words = f"{count} comment" if count == "1" else f"{count} comments"
    return f'<i class=said role=img title="{words}">{count}</i>'
