"""The command `pipe`: a pipeline of filters in one line of text or in a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from convfilter.cli.commands import SUMMARIES
from convfilter.cli.files import engine_options, file_sections, paths_argument
from convfilter.cli.options import Command
from convfilter.errors import UsageError
from convfilter.pipeline import Pipeline

__all__ = ["command"]

_HELP = f"""\
{SUMMARIES["pipe"]}

PIPELINE holds the steps with bars between them, each a filter or a kernel and its parameters as
name=value; a value with spaces is quoted. All of it is one argument, so it needs quotes:

\b
  convfilter pipe "FILTER name=value | FILTER | FILTER name=value" INPUT OUTPUT

Or PIPELINE is a recipe, a TOML file (its name ends in .toml) as --save-recipe writes it: a table
for each step, and one of the options below, those aside that only say how the work is done. Options
on the command line go before those of the recipe.

\b
  [options]
  linear = true

\b
  [[step]]
  filter = "FILTER"
  name = value

Between the steps nothing is rounded, and negative responses stay negative, unless a step says by
signed=abs, offset, clamp or scale what becomes of them there.
"""


def command() -> Command:
    """Return the command that runs a pipeline."""

    def callback(**_: Any) -> int:
        from convfilter.cli.run import filter_given_files

        context = click.get_current_context()
        written: str = context.params["pipeline"]
        _check_quotes(context)
        is_recipe = written.lower().endswith(".toml") and "|" not in written
        if not is_recipe:
            return filter_given_files(context, _parse(written), label="pipe")
        from convfilter.batch.recipes.recipe import Recipe

        return filter_given_files(context, Recipe.load(written), label=Path(written).stem)

    return Command(
        "pipe",
        callback=callback,
        help=_HELP,
        options_metavar="[OPTIONS]",
        arguments=[click.Argument(["pipeline"], metavar="PIPELINE"), paths_argument()],
        sections=[
            ("Options of the engine", engine_options()),
            *file_sections(),
        ],
    )


def _check_quotes(context: click.Context) -> None:
    for path in context.params["paths"]:
        if "=" in path and not os.path.lexists(path):
            raise click.UsageError(
                f"{path} is no file: the whole pipeline is one argument, so put quotes around it",
                context,
            )


def _parse(text: str) -> Pipeline:
    if not text.strip():
        raise UsageError("the pipeline is empty: name at least one filter")
    return Pipeline.parse(text)
