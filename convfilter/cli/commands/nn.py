"""The command `nn`: networks of layers, with commands of their own."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from convfilter.cli import nn
from convfilter.cli.commands import SUMMARIES
from convfilter.cli.options import CONTEXT_SETTINGS, needs_command, offered
from convfilter.errors import suggestion

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["command"]


def command() -> click.Group:
    """Return the group of all commands of networks."""
    return _Networks(
        "nn",
        help=SUMMARIES["nn"],
        context_settings=CONTEXT_SETTINGS,
        invoke_without_command=True,
        callback=needs_command,
    )


class _Networks(click.Group):
    """The modules of `convfilter.cli.nn` as commands; each is imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return [module.name for module in pkgutil.iter_modules(nn.__path__)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Make the command of a name; None where there is none."""
        if cmd_name not in self.list_commands(ctx):
            return None
        made: click.Command = _module(cmd_name).command()
        return made

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of the first argument, or say which ones are near."""
        known = self.list_commands(ctx)
        if args[0] not in known and not ctx.resilient_parsing:
            near = suggestion(args[0], known)
            raise click.UsageError(f"there is no command {args[0]!r}{near}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with what each does."""
        with formatter.section("Commands"):
            formatter.write_dl([*self._summaries(ctx).items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands and options that begin with what is there."""
        named = offered(self._summaries(ctx), incomplete)
        return named + click.Command.shell_complete(self, ctx, incomplete)

    def _summaries(self, ctx: click.Context) -> dict[str, str]:
        return {name: _module(name).SUMMARY for name in self.list_commands(ctx)}


def _module(name: str) -> Any:
    return import_module(f"{nn.__name__}.{name}")
