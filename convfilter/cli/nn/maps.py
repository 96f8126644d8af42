"""The command `nn maps`: what a layer makes of a picture, and the kernels that look at it first."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convfilter.cli.commands.networks import (
    Pictures,
    classifier_without_labels,
    network_options,
    say_assumed,
)
from convfilter.cli.commands.outputs import check_free
from convfilter.cli.options import Command, flag
from convfilter.cli.output import check_standard_output
from convfilter.cli.wording import say
from convfilter.errors import ArgumentError, UsageError, shown
from convfilter.formats import FORMATS, written_format_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from convfilter.nn.classifying import Classifier

__all__ = ["SUMMARY", "command"]

SUMMARY = "Draw what a layer makes of a picture, or the kernels of the first layer."

_HELP = f"""\
{SUMMARY}

\b
  convfilter nn maps --model M --weights F --layer NAME PHOTO SHEET
  convfilter nn maps --model M --weights F --kernels SHEET

A dash (-) is standard input or output.

Every map of the layer is drawn from black, its lowest number, to white, its highest; below stand
the number of the map and that highest number. convfilter nn summary M lists the layers. Without
--model the network is LeNet-5, which looks at a handwritten digit.
"""


def command() -> Command:
    """Return the command that draws maps and kernels."""
    options = [
        click.Option(["--layer"], metavar="NAME", help="the layer, by its name or its alias"),
        flag("--kernels", "draw the kernels of the first convolution"),
        flag("--overwrite", "replace the sheet if it exists"),
    ]
    return Command(
        "maps",
        callback=_run,
        help=_HELP,
        short_help=SUMMARY,
        options_metavar="[OPTIONS]",
        arguments=[click.Argument(["paths"], nargs=-1, metavar="[PHOTO] SHEET", required=False)],
        sections=[
            ("Options of the network", network_options(labels=False)),
            ("Options", options),
        ],
    )


def _run(
    paths: tuple[str, ...], layer: str | None, kernels: bool, overwrite: bool, **params: Any
) -> int:
    from convfilter.files.writing import write

    context = click.get_current_context()
    if kernels == (layer is not None):
        raise click.UsageError("give either --layer NAME and a picture, or --kernels", context)
    wanted = 1 if kernels else 2
    if len(paths) != wanted:
        raise click.UsageError(
            "give a picture and the name of the sheet"
            if layer
            else "--kernels takes the name of the sheet alone",
            context,
        )
    target = paths[-1]
    if target == "-":
        check_standard_output()
    else:
        written_format_of(target)
        check_free(target, overwrite=overwrite)
    made = classifier_without_labels(params)
    if kernels:
        sheet = _kernels(made)
    else:
        assert layer is not None
        made.network.layer(layer)
        if Path(paths[0]).is_dir():
            raise UsageError(f"{shown(paths[0])} is a folder: give one picture")
        pictures = Pictures(paths[:1], recursive=False)
        if made.assumed:
            say_assumed(made.assumed)
        (found,) = pictures.each(made.input)
        if found.error is not None:
            return pictures.exit_code()
        sheet = _maps(made, layer, found.result)
    if target == "-":
        notes = write(sheet, sys.stdout.buffer, format=next(iter(FORMATS)))  # kept as it is
    else:
        notes = write(sheet, target, overwrite=overwrite)
    for note in notes:
        say(f"{context.command_path}: {note}")
    return 0


def _maps(made: Classifier, layer: str, x: NDArray[np.float32]) -> NDArray[np.uint8]:
    from convfilter.nn.sheets import sheet_of_maps

    _, found = made.network(x, layers=[layer])
    name = made.network.layer(layer)
    called = layer if layer == name else f"{layer} ({name})"
    return sheet_of_maps(found[layer][0], f"{made.network.name}, {called}")


def _kernels(made: Classifier) -> NDArray[np.uint8]:
    from convfilter.nn.layers.convolution import Conv2d
    from convfilter.nn.sheets import sheet_of_kernels

    network = made.network
    how = network.preprocessing
    for node in network.graph.nodes:
        if isinstance(node.layer, Conv2d) and network.weights is not None:
            weights = network.weights[f"{node.name}.weight"]
            title = f"{network.name}, {node.name}"
            blue_first = how is not None and how.channels == "BGR"
            return sheet_of_kernels(weights, title, blue_first=blue_first)
    raise ArgumentError(f"{network.name} has no convolution")
