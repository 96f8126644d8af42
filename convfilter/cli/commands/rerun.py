"""The command `rerun`: make a result again as its stamp says that it was made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from convfilter.batch.settings import FOR_MANY, OF_RECIPES, OPTIONS
from convfilter.cli.commands import SUMMARIES
from convfilter.cli.files import option, recipe_option
from convfilter.cli.options import Command, flag, given_values
from convfilter.errors import ImageError, shown
from convfilter.filters.declaring.parameters import FileName

__all__ = ["command"]

_HELP = f"""\
{SUMMARIES["rerun"]}

RESULT is a picture that was written with --stamp. INPUT is what it was made from, or another
picture. Without it, the file is looked for that RESULT was made from, by its size and hash: beside
RESULT, in the folders beside that folder, and in the current one. Other files, such as a mask, have
to be named.

Lines say what differs: the version of convfilter, and the input. Where nothing does, the output is
RESULT again, byte by byte.

\b
  convfilter sobel photo.png edges.png --linear --stamp
  convfilter rerun edges.png photo.png again.png
"""


def command() -> Command:
    """Return the command that makes a result again."""
    of_run = [name for name in OPTIONS if name not in (*OF_RECIPES, *FOR_MANY, "in_place")]
    of_run += [name for name in OF_RECIPES if isinstance(OPTIONS[name], FileName)]
    return Command(
        "rerun",
        callback=_run,
        help=_HELP,
        options_metavar="[OPTIONS]",
        arguments=[
            click.Argument(["result"], type=click.Path(), metavar="RESULT"),
            click.Argument(
                ["paths"], nargs=-1, type=click.Path(), metavar="[INPUT] OUTPUT", required=False
            ),
        ],
        sections=[
            (
                "Options",
                [
                    *map(option, of_run),
                    recipe_option(),
                    flag("--explain", "say which algorithm ran and why, and how long it took"),
                    flag("--quiet", "print errors only", "-q"),
                ],
            )
        ],
    )


def _run(**_: Any) -> int:
    from convfilter.batch.recipes.stamp import Stamp
    from convfilter.cli.run import filter_given_files

    context = click.get_current_context()
    result = Path(context.params["result"])
    paths: tuple[str, ...] = context.params["paths"]
    if len(paths) not in (1, 2):
        raise click.UsageError("give RESULT, its INPUT if it lies elsewhere, and OUTPUT", context)
    stamp = Stamp.load(result)
    given = given_values(context, [*OPTIONS.values()])
    for name, file in stamp.recipe.lacking.items():
        if name not in given:
            option_name = OPTIONS[name].option
            raise click.UsageError(
                f"{shown(result)} was made with {option_name} {shown(file)}: name the file by"
                f" {option_name}",
                context,
            )
    if len(paths) == 1:
        found = stamp.find_input(result)
        if found is None:
            raise ImageError(
                f"{shown(result)}: the file that it was made from ({stamp.source.size} bytes,"
                f" SHA-256 {stamp.source.sha256[:12]}...) is not near it: name it, convfilter rerun"
                " RESULT INPUT OUTPUT"
            )
        context.params["paths"] = (str(found), *paths)
    return filter_given_files(context, stamp.recipe, label="rerun", source=stamp.source)
