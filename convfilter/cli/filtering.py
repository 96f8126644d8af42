"""The command of a filter, and that of a kernel, made from declarations."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from convfilter import kernels
from convfilter.cli.files import engine_options, file_sections, paths_argument
from convfilter.cli.options import Command, given_values, option_of
from convfilter.pipeline import Pipeline, find

if TYPE_CHECKING:
    from convfilter.filters.declare import Filter

__all__ = ["filter_command", "kernel_command"]


def filter_command(declared: Filter) -> Command:
    """Return the command of a filter."""
    text = _prose(declared.description)
    return _command(declared.name, declared, {}, declared.summary, text)


def kernel_command(name: str) -> Command:
    """Return the command of a kernel of the catalogue: the filter that convolves, told which."""
    declared, preset = find(name)
    summary = kernels.summaries()[name]
    text = (
        f"{summary.removesuffix('.')}.\n\nA kernel of the catalogue, laid on the picture by the"
        f" filter {declared.name}. convfilter kernels {name} shows its weights."
    )
    return _command(name, declared, preset, summary, text)


def _command(
    name: str, declared: Filter, preset: Mapping[str, Any], summary: str, text: str
) -> Command:
    """Return a command that runs a filter, with some of its parameters set."""
    parameters = [p for p in declared.parameters if p.name not in preset]
    own = [option_of(p) for p in parameters if not p.spec.shared]
    shared = [option_of(p) for p in parameters if p.spec.shared]

    def callback(**_: Any) -> int:
        from convfilter.cli.run import filter_given_files  # whoever asks for help runs nothing

        context = click.get_current_context()
        values = {**given_values(context, parameters), **preset}
        return filter_given_files(context, Pipeline([(declared.name, values)]), label=name)

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
            *file_sections(),
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
