"""The command line as click has it: things, their verbs, and pages of help with examples."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from chalicelib import __version__
from tools import verbs
from tools.verbs.parts import Args, Verb, flag, option

_ABOUT = "Taskhook's command line: against AWS, or with --local against a local run."
_EXAMPLES = (
    "--local endpoint add https://example.com/hook",
    "--local task add 'Write the report' --column Ready",
    "delivery list --status failed --since 2d",
)
_WIDE = {"max_content_width": 100, "help_option_names": ["-h", "--help"]}
_FIRST_COLUMN = 36


def _everywhere() -> list[click.Parameter]:
    """Return the options that may stand anywhere in a command."""
    noted: dict[str, Any] = {"expose_value": False, "callback": _note}
    folder = "where the local run keeps its data (default: .data here, else Taskhook's own)"
    kind = click.Path(path_type=Path)
    return [
        option("--json", "print JSON", is_flag=True, **noted),
        option("--local", "use a local run", is_flag=True, **noted),
        option("--data-dir", folder, type=kind, metavar="DIR", **noted),
    ]


def _note(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value:
        context.meta[str(parameter.name)] = value


class _Formatter(click.HelpFormatter):
    """Writes help with its headings and names set off, which is seen on a terminal alone."""

    def write_heading(self, heading: str) -> None:
        super().write_heading(click.style(heading, bold=True))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = _FIRST_COLUMN, col_spacing: int = 2
    ) -> None:
        styled = [(click.style(name, fg="cyan"), says) for name, says in rows]
        super().write_dl(styled, col_max, col_spacing)


class _Context(click.Context):
    formatter_class = _Formatter


class _Page(click.Command):
    """A command whose help ends with examples."""

    context_class = _Context
    examples: Sequence[str] = ()

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return `--help`, in the words of the other options."""
        found = super().get_help_option(ctx)
        if found:
            found.help = "print this help"
        return found

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples as they are typed."""
        program = ctx.find_root().info_name
        with formatter.section("Examples"):
            for example in self.examples:
                formatter.write(f"  $ {program} {example}\n")


class _Command(_Page):
    """One verb of a thing."""

    def __init__(self, thing: str, verb: Verb) -> None:
        self._thing, self._verb = thing, verb
        self.examples = _examples(thing, [verb])
        takes = [*verb.takes, *_everywhere()]
        if verb.asks:
            takes.append(flag("--yes", "do not ask first"))
        says = f"{verb.does[0].upper()}{verb.does[1:]}."
        read = self._read
        super().__init__(
            verb.name,
            callback=read,
            params=takes,
            help=says,
            short_help=verb.does,  # what shells show beside a completion
            context_settings=_WIDE,
        )

    def _read(self, **given: Any) -> Args:
        context = click.get_current_context()
        meta = context.meta
        shared = {name: meta.get(name, False) for name in ("json", "local")}
        shared |= {"data_dir": meta.get("data_dir"), "yes": given.pop("yes", False)}
        shared["program"] = context.find_root().info_name
        # A question is for what is written, not for a try.
        question = "" if given.get("dry_run") else self._verb.asks.format(**given)
        command = f"{self._thing}_{self._verb.name}".replace("-", "_")
        return Args(command=command, question=question, **shared, **given)


class _Thing(_Page, click.Group):
    """The verbs of a thing."""

    def __init__(self, thing: str) -> None:
        self._verbs = {verb.name: verb for verb in verbs.verbs_of(thing)}
        self.examples = _examples(thing, list(self._verbs.values())[:3])
        super().__init__(
            thing,
            params=_everywhere(),
            short_help=", ".join(self._verbs),
            subcommand_metavar="VERB ...",
            context_settings=_WIDE,
        )

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order of the help."""
        del ctx
        return list(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a verb."""
        del ctx
        verb = self._verbs.get(cmd_name)
        return _Command(str(self.name), verb) if verb else None

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a line for each verb, then the options."""
        with formatter.section("Verbs"):
            formatter.write_dl([(verb.name, verb.does) for verb in self._verbs.values()])
        click.Command.format_options(self, ctx, formatter)


class Root(_Page, click.Group):
    """The whole command line."""

    examples = _EXAMPLES

    def __init__(self) -> None:
        """Declare the options that all commands take; verbs are loaded when they are asked for."""
        shown = {"is_flag": True, "is_eager": True, "expose_value": False}
        version = option("--version", "print the version", callback=_show_version, **shown)
        super().__init__(
            "taskhook",
            params=[*_everywhere(), version],
            help=_ABOUT,
            subcommand_metavar="THING VERB ...",
            context_settings=_WIDE,
        )

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the things in the order of the help."""
        del ctx
        return list(verbs.MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a thing."""
        del ctx
        return _Thing(cmd_name) if cmd_name in verbs.MODULES else None

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a line for each verb of each thing, then the options."""
        rows = []
        for thing in verbs.MODULES:
            rows += [(f"{thing} {verb.name}", verb.does) for verb in verbs.verbs_of(thing)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
        click.Command.format_options(self, ctx, formatter)


def _examples(thing: str, shown: Sequence[Verb]) -> list[str]:
    return [f"{thing} {verb.name} {verb.example}".rstrip() for verb in shown]


def _show_version(context: click.Context, _: click.Parameter, is_asked: bool) -> None:  # noqa: FBT001 -- click calls it
    if is_asked:
        click.echo(f"taskhook {__version__}")
        context.exit()
