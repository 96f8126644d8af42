"""The command `completion`: the script by which a shell completes what is typed."""

from __future__ import annotations

from typing import Any

import click

from convfilter.cli.commands import SUMMARIES
from convfilter.cli.options import COMPLETING, Command

__all__ = ["SHELLS", "command"]

SHELLS = ("bash", "zsh", "fish")

_HELP = f"""\
{SUMMARIES["completion"]}

It goes to standard output; the shell has to read it when it starts. For bash, for example:

\b
  convfilter completion bash > ~/.local/share/bash-completion/completions/convfilter
"""


def command() -> Command:
    """Return the command that prints the script of a shell."""
    return Command(
        "completion",
        callback=_run,
        help=_HELP,
        arguments=[click.Argument(["shell"], type=click.Choice(SHELLS), metavar="|".join(SHELLS))],
        sections=[("Options", [])],
    )


def _run(shell: str) -> Any:
    from click.shell_completion import get_completion_class

    group = click.get_current_context().find_root().command
    kind = get_completion_class(shell)
    assert kind is not None
    print(kind(group, {}, "convfilter", COMPLETING).source(), end="")
