"""The verbs of `taskhook user`."""

from tools.verbs.parts import Verb, argument, flag, limit, option


def verbs() -> tuple[Verb, ...]:
    """Return them."""
    username = (argument("username"),)
    roles = "administrator, manager or user (the default)"
    new = (
        *username,
        option("--name", "the display name", metavar="TEXT", default=""),
        option("--role", roles, metavar="ROLE", default="user"),
        flag("--password-stdin", "read a password from standard input"),
    )
    stops = "keep a user from signing in and from new tasks"
    asks = "set a password, which is asked for or piped in"
    return (
        Verb("add", "add a user; asks for a password at a terminal", "ada --role manager", new),
        Verb("list", "list the users", "", (limit(),)),
        Verb("password", asks, "ada", username),
        Verb("disable", stops, "ada", username),
    )
