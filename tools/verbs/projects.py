"""The verbs of `taskhook project`."""

from tools.verbs.parts import Verb, argument, limit, option


def verbs() -> tuple[Verb, ...]:
    """Return them."""
    says = "a column instead of the default ones; repeatable"
    column = option("--column", says, metavar="NAME", multiple=True)
    new = argument("name"), column
    return (
        Verb("add", "add a project", "Website --column 'To do' --column Done", new),
        Verb("list", "list the projects with the ids of their columns", "", (limit(),)),
    )
