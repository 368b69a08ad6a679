"""The cards of a board: what a task shows, and in which order."""

import re

from chalicelib.services.accounts import users
from chalicelib.services.projects import project_items
from chalicelib.services.tasks import comments, lifecycle

LATE, FAR = "2020-01-01", "2096-12-24"


def cards(visitor, query=""):
    """Return the cards of the first project's board."""
    page = visitor.get(f"/boards/1{query}")
    return re.findall(r"(?s)<li class.*?(?=\n<li|\n</ul>)", page.text)


def test_a_card_has_its_title_one_line_of_facts_and_its_assignee_at_the_end(admin):
    ada = users.add_user("ada", "a password", name="Ada <Lovelace>")
    category_id = project_items.add_part(1, "categories", "R&D")
    fields = {"title": "Fix <it>", "owner_id": str(ada.id), "category_id": str(category_id)}
    fields |= {"priority": "3", "date_due": FAR, "color_id": "red"}
    task_id = lifecycle.create_task(fields, tags=["urgent"])
    for text in ("x", "y"):
        comments.add_comment(task_id, 1, text, "", "user")

    [card] = cards(admin)

    assert card == (
        f"<li class=red id=t{task_id}>\n"
        f"<a href=/tasks/{task_id}>Fix &lt;it&gt;</a>"
        f"<p><b>#{task_id}</b><i>P3</i><i>24 Dec 2096</i><i>R&amp;D</i>"
        '<i class=tag>urgent</i><i class=said role=img title="2 comments">2</i>'
        '<i class=w0 role=img title="Ada &lt;Lovelace&gt;">AL</i>'
    )


def test_a_card_of_a_plain_task_shows_its_id_alone(admin):
    task_id = lifecycle.create_task({"title": "x"})

    [card] = cards(admin)

    assert card.endswith(f">x</a><p><b>#{task_id}</b>")


def test_a_date_that_has_passed_stands_out_in_words(admin):
    lifecycle.create_task({"title": "x", "date_due": LATE})

    [card] = cards(admin)

    assert re.search(r"<em>\d+ days late</em>$", card)


def test_a_filtered_board_shows_the_same_cards(admin):
    lifecycle.create_task({"title": "x", "priority": "2", "date_due": FAR, "owner_id": "1"})

    assert cards(admin, "?q=x") == cards(admin)
