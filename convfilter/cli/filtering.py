"""The command of a filter, and that of a kernel, made from declarations."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from convfilter import kernels
from convfilter.cli.files import engine_options, file_options, filter_given_files, paths_argument
from convfilter.cli.options import Command, given_values, option_of
from convfilter.pipeline import Pipeline, find

if TYPE_CHECKING:
    from convfilter.filters.declare import Filter

__all__ = ["filter_command", "kernel_command"]


def filter_command(found: Filter) -> Command:
    """Return the command of a filter."""
    return _command(found.name, found, {}, found.summary, _prose(found.description))


def kernel_command(name: str) -> Command:
    """Return the command of a kernel of the catalogue: the filter that convolves, told which."""
    found, preset = find(name)
    summary = kernels.summaries()[name]
    text = (
        f"{summary.removesuffix('.')}.\n\nA kernel of the catalogue, laid on the picture by the"
        f" filter {found.name}. convfilter kernels {name} shows its weights."
    )
    return _command(name, found, preset, summary, text)


def _command(
    name: str, found: Filter, preset: Mapping[str, Any], summary: str, text: str
) -> Command:
    parameters = [p for p in found.parameters if p.name not in preset]
    own = [option_of(p) for p in parameters if not p.spec.shared]
    shared = [option_of(p) for p in parameters if p.spec.shared]

    def callback(**_: Any) -> int:
        context = click.get_current_context()
        values = {**given_values(context, parameters), **preset}
        return filter_given_files(context, Pipeline([(found.name, values)]), label=name)

    return Command(
        name,
        callback=callback,
        help=text,
        short_help=summary,
        options_metavar="[OPTIONS]",
        arguments=[paths_argument()],
        sections=[
            ("Options of the filter", own),
            ("Options of the engine", [*shared, *engine_options()]),
            ("Options about files", file_options()),
        ],
    )


def _prose(description: str) -> str:
    """Return a docstring up to its first underlined heading, which is for programmers."""
    lines = description.splitlines()
    for number, (line, following) in enumerate(itertools.pairwise(lines)):
        if line.strip() and set(following.strip()) == {"-"}:
            lines = lines[:number]
            break
    return "\n".join(lines).replace("`", "").strip()
