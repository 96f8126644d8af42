"""The files that a command line names, and what becomes of each."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convfilter.batch.planning.plan import STANDARD, FilePlan, make_plan
from convfilter.errors import ImageError, UsageError, reason_of, shown

if TYPE_CHECKING:
    from convfilter.batch.settings import Settings
    from convfilter.pipeline import Pipeline

__all__ = ["planned"]


def planned(context: click.Context, settings: Settings, label: str, pipeline: Pipeline) -> FilePlan:
    """Return the plan of a parsed command line; see `make_plan` for what it raises.

    Raises
    ------
    click.UsageError
        No path is given, or none for the results.
    """
    paths: tuple[str, ...] = context.params["paths"]
    source: str | None = context.params.get("files_from")
    if not paths and source is None:
        raise click.UsageError(
            "give an input, a file or a folder, and where its result goes", context
        )
    if settings["in_place"] or (len(paths) == 1 and source is None):
        inputs, output = paths, None
    elif paths:
        inputs, output = paths[:-1], paths[-1]
    else:
        raise click.UsageError(
            "give the folder that the results of the files in the list go into", context
        )
    return make_plan(
        inputs,
        output,
        settings,
        label=label,
        listed=None if source is None else _listed(source),
        is_trial=bool(context.params.get("dry_run")),
        pipeline=pipeline,
    )


def _listed(source: str) -> Sequence[str]:
    """Return the names in a list of files, or in standard input."""
    from convfilter.batch.planning.lists import names_in

    name = "standard input (-)" if source == STANDARD else shown(source)
    try:
        if source != STANDARD:
            return names_in(Path(source).read_bytes())
        if sys.stdin is None:
            raise UsageError("standard input is closed: send a list of files into it")
        if sys.stdin.isatty():
            raise UsageError("standard input (-) is the keyboard: send a list of files into it")
        return names_in(sys.stdin.buffer.read())
    except (OSError, ValueError) as error:
        raise ImageError(f"{name}: the list cannot be read: {reason_of(error)}") from error
