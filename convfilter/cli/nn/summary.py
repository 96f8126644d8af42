"""The command `nn summary`: what a network consists of and costs, layer by layer."""

from __future__ import annotations

import re
import shutil
import sys
from typing import TYPE_CHECKING

import click

from convfilter.cli.commands.listing import Known, print_json
from convfilter.cli.options import Command, flag
from convfilter.errors import ArgumentError, UsageError

if TYPE_CHECKING:
    from convfilter.nn.graph import Graph
    from convfilter.nn.layers.layer import Shape

__all__ = ["SUMMARY", "command"]

SUMMARY = "Show the layers of a network, their parameters, costs and receptive fields."

_HELP = f"""\
{SUMMARY}

NETWORK is a name that nn list shows, an ONNX file, or layers written down, which need --input:

\b
  convfilter nn summary alexnet
  convfilter nn summary --input 150x100x3 "conv 5 200"
  convfilter nn summary --input 32x32x1 "conv 5 6 padding=valid | max-pool 2 | linear 10"

A layer is written conv KERNEL MAPS, max-pool KERNEL, mean-pool KERNEL or linear FEATURES, with
stride=, padding= (same, valid or a number), dilation= and groups= where they make sense; relu,
tanh, softmax, batch-norm, flatten and global-mean have no values.
"""


def command() -> Command:
    """Return the command that shows a network."""
    size = click.Option(
        ["--input", "size"],
        metavar="HxWxC",
        help="rows, columns and channels of the picture  [default: the network's own]",
    )
    return Command(
        "summary",
        callback=_run,
        help=_HELP,
        arguments=[click.Argument(["network"], type=Known(_summaries), metavar="NETWORK")],
        sections=[("Options", [size, flag("--json", "print JSON")])],
    )


def _summaries() -> dict[str, str]:
    from convfilter.nn import models

    return {name: model.summary for name, model in models.all_models().items()}


def _run(network: str, size: str | None, json: bool) -> None:
    from convfilter.nn.summary import as_text, summarise

    summary = summarise(_graph(network, None if size is None else _shape(size)))
    if json:
        print_json(summary.to_dict())
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        print(as_text(summary, width))


def _graph(network: str, shape: Shape | None) -> Graph:
    from convfilter.nn import models
    from convfilter.nn.summary.written import is_written, written_network

    if network.lower().endswith(".onnx"):
        from convfilter.nn import load
        from convfilter.nn.onnx import read_onnx

        graph = load(network).graph if shape is None else read_onnx(network, usual=shape)[0]
    elif is_written(network):
        if shape is None:
            raise UsageError("--input is needed with layers that are written down, as 150x100x3")
        return written_network(network, shape)
    else:
        graph = models.get(network)
    if shape is None or shape == graph.input_shape:
        return graph
    resized = graph.for_input(shape)
    if resized.arrays() != graph.arrays():
        maps, rows, columns = graph.input_shape
        raise ArgumentError(
            f"{graph.name} has weights for pictures of {rows}x{columns}x{maps}, which fit no others"
        )
    return resized


def _shape(size: str) -> Shape:
    """Return (maps, rows, columns) of what is written as rows, columns and channels."""
    found = re.fullmatch(r"([1-9]\d{0,8})x([1-9]\d{0,8})x([1-9]\d{0,8})", size, re.ASCII)
    if found is None:
        raise ArgumentError(
            f"--input must be rows, columns and channels as 150x100x3, not {size!r}"
        )
    rows, columns, maps = map(int, found.groups())
    return maps, rows, columns
