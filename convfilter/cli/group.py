"""The command itself: every filter and every kernel is a command of it, made when it is asked for.

Nothing here names a filter. Listing reads the index; running one imports its family alone.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from convfilter import __version__, filters, kernels
from convfilter.cli import commands
from convfilter.cli.filtering import filter_command, kernel_command
from convfilter.cli.options import CONTEXT_SETTINGS, offered
from convfilter.errors import suggestion
from convfilter.filters.declare import true_name
from convfilter.formats import is_image_path

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["Commands"]


class Commands(click.Group):
    """The group of all commands."""

    def __init__(self) -> None:
        super().__init__(
            "convfilter",
            help=(
                "Fast, exact image filters. One file becomes one file; several files or a folder go"
                " into a folder; a single path gets a sibling. A dash (-) is standard input or"
                " output."
            ),
            epilog="convfilter FILTER --help explains one filter and its options.",
            subcommand_metavar="FILTER INPUT... [OUTPUT] [OPTIONS]",
            options_metavar="",
            context_settings=CONTEXT_SETTINGS,
            params=[
                click.Option(
                    ["-V", "--version"],
                    is_flag=True,
                    is_eager=True,
                    expose_value=False,
                    callback=_print_version,
                    help="Show the version and exit.",
                )
            ],
        )

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every name that can be given as the command."""
        return [*commands.SUMMARIES, *filters.names(), *_kernels_alone()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Make the command of a filter or a kernel; None where there is none."""
        if cmd_name in commands.SUMMARIES:
            return commands.make(cmd_name)
        name = cmd_name.replace("_", "-")
        if true_name(name) in filters.index():
            return filter_command(filters.get(name))
        if name in kernels.names():
            return kernel_command(name)
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of the first argument, or say which ones are near."""
        name = args[0]
        command = self.get_command(ctx, name)
        if command is None and not ctx.resilient_parsing:
            raise click.UsageError(self._unknown(ctx, name), ctx)
        return None if command is None else name, command, args[1:]

    def _unknown(self, ctx: click.Context, name: str) -> str:
        if name.startswith("-") and len(name) > 1:
            return f"there is no option {name}; options follow the name of the filter"
        if name == "-" or is_image_path(name) or os.path.lexists(name):
            return f"{name!r} is no filter: name the filter first, then the files"
        near = suggestion(name, self.list_commands(ctx))
        return f"there is no filter or kernel {name!r}{near}"

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the filters by family; of the kernels say only how many there are."""
        from convfilter.cli.commands.listing import families

        for family, entries in families().items():
            with formatter.section(f"Filters ({family.replace('_', ' ')})"):
                formatter.write_dl(entries)
        summaries = commands.SUMMARIES
        with formatter.section("Kernels"):
            formatter.write_dl([(name, summaries[name]) for name in commands.KERNELS])
            formatter.write_text(
                f"{len(_kernels_alone())} kernels of {len(kernels.names())} are commands as well,"
                " the others have the name of a filter; convfilter kernels lists all."
            )
        with formatter.section("Other commands"):
            formatter.write_dl([e for e in summaries.items() if e[0] not in commands.KERNELS])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands and options that begin with what is there."""
        from convfilter.cli.commands.listing import filter_summaries

        known = {**kernels.summaries(), **commands.SUMMARIES, **filter_summaries()}
        named = offered(known, incomplete)
        # past the group's own, which would make every command to learn its name
        return named + click.Command.shell_complete(self, ctx, incomplete)


def _kernels_alone() -> list[str]:
    """Return the kernels whose name no filter has."""
    index = filters.index()
    return [
        name for name in kernels.names() if name not in index and name not in commands.SUMMARIES
    ]


def _print_version(context: click.Context, _option: click.Parameter, wanted: Any) -> None:
    if wanted and not context.resilient_parsing:
        click.echo(f"convfilter {__version__}")
        context.exit()
