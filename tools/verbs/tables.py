"""The verbs of `taskhook table`."""

import click

from tools.verbs.parts import Verb, argument, flag


def verbs() -> tuple[Verb, ...]:
    """Return them."""
    name = argument("name", "the live table without its prefix, such as tasks")
    restored = click.Option(
        ["--from", "restored"],
        help="of the restored table's name",
        metavar="PREFIX",
        required=True,
    )
    missing = flag("--missing-only", "keep existing rows")
    dry_run = flag("--dry-run", "count, and write nothing")
    copies = "copy the rows of a restored table into the live one"
    taken = name, restored, missing, dry_run
    asks = "Copy {restored}{name} over the live table {name}?"
    return (Verb("restore", copies, "tasks --from restored- --dry-run", taken, asks),)
