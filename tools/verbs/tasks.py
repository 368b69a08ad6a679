"""The verbs of `taskhook task`."""

import click

from tools.verbs.kinds import COUNT, NUMBER
from tools.verbs.parts import Verb, argument, limit, option


def verbs() -> tuple[Verb, ...]:
    """Return them."""
    removal = "Remove the task {id} with its comments? This cannot be undone."
    text = argument("text", "the comment in Markdown (default: standard input)", **_PIPED)
    said_by = option("--author", "the username of who says it (default: nobody)", metavar="USER")
    return (
        Verb("add", "add a task", "'Write the report' --column Ready --due 2026-12-24", _new()),
        Verb("list", "list the tasks that a search finds", "assignee:ada priority:>1", _listed()),
        Verb("show", "show a task, its comments, history and deliveries", "12", (_id(),)),
        Verb("move", "move a task to a column", "12 Done", _moved()),
        Verb("close", "close a task", "12", (_id(),)),
        Verb("open", "open a closed task again", "12", (_id(),)),
        Verb("comment", "comment on a task", "12 'Sent it to Ada'", (_id(), text, said_by)),
        Verb("remove", "remove a task for good", "12", (_id(),), removal),
    )


_PIPED = {"required": False, "default": "-"}


def _id() -> click.Argument:
    return argument("id", type=NUMBER)


def _new() -> tuple[click.Parameter, ...]:
    return (
        argument("title"),
        option("--description", "in Markdown; -: standard input", metavar="TEXT"),
        option("--project", "its name or id (default: the first one)", metavar="PROJECT"),
        option("--column", "its name or id (default: the first one)", metavar="COLUMN"),
        option("--assignee", "a username", metavar="USER"),
        option("--category", "its name", metavar="CATEGORY"),
        option("--tag", "a tag; repeatable", metavar="TAG", multiple=True),
        option("--color", "such as red (default: blue)", metavar="COLOUR"),
        option("--priority", "a whole number", metavar="N"),
        option("--due", "a date such as 2026-12-24, or one with a time", metavar="DATE"),
        option("--reference", "its name in another system", metavar="TEXT"),
    )


def _listed() -> tuple[click.Parameter, ...]:
    says = "words, or keys such as status:closed due:<tomorrow (default: status:open)"
    project = option("--project", "only in this one, by name or id", metavar="PROJECT")
    return argument("query", says, nargs=-1), project, limit()


def _moved() -> tuple[click.Parameter, ...]:
    return (
        _id(),
        argument("column", "its name or id"),
        option("--position", "1 is the top (default: the end)", type=COUNT),
        option("--project", "another project, by name or id", metavar="PROJECT"),
    )
