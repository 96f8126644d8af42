"""The command `nn run`: an ONNX file on an array."""

from __future__ import annotations

from pathlib import Path

import click

from convfilter.cli.commands.networks import explain_option
from convfilter.cli.commands.outputs import check_free, write_whole
from convfilter.cli.options import Command, flag
from convfilter.cli.wording import say
from convfilter.errors import ArgumentError, UsageError, shown

__all__ = ["SUMMARY", "command"]

SUMMARY = "Run an ONNX file on an array, as it is."

_HELP = f"""\
{SUMMARY}

IN.npy holds an array of floats (N, maps, rows, columns), prepared as the network wants it: nothing
is resized or scaled. OUT.npy gets the output as float32, or that of a layer.
"""

_MOST_AXES = 5


def command() -> Command:
    """Return the command that runs ONNX files."""
    options = [
        click.Option(
            ["--layer"],
            metavar="NAME",
            help="write the output of this layer  [default: the output of the network]",
        ),
        click.Option(
            ["--workers"], type=click.IntRange(1), metavar="N", help="threads  [default: all CPUs]"
        ),
        flag("--overwrite", "replace OUT.npy if it exists"),
        explain_option(),
    ]
    return Command(
        "run",
        callback=_run,
        help=_HELP,
        short_help=SUMMARY,
        options_metavar="[OPTIONS]",
        arguments=[
            click.Argument(["model"], metavar="MODEL.onnx"),
            click.Argument(["source"], metavar="IN.npy"),
            click.Argument(["target"], metavar="OUT.npy"),
        ],
        sections=[("Options", options)],
    )


def _run(
    model: str,
    source: str,
    target: str,
    layer: str | None,
    workers: int | None,
    overwrite: bool,
    explain: bool,
) -> None:
    from convfilter.nn.onnx import load_onnx
    from convfilter.nn.onnx.arrays import encoded_array, read_array

    for path in (model, source):
        if Path(path).exists() and Path(target).exists() and Path(path).samefile(target):
            raise UsageError(f"{shown(target)} is both input and output: give another output")
    check_free(target, overwrite=overwrite)
    x = read_array(source)
    if not 2 <= x.ndim <= _MOST_AXES or not x.size:
        raise ArgumentError(f"{shown(source)} has the shape {x.shape}: give arrays of pictures")
    network = load_onnx(model, x.shape[1:])
    node = network.graph.node(layer) if layer is not None else None
    if layer is not None and node is None:
        from convfilter.errors import suggestion

        near = suggestion(layer, [each.name for each in network.graph.nodes])
        raise ArgumentError(f"{shown(model)} has no layer {layer!r}{near}")

    from convfilter.nn.running import prepare

    asked = [node.name] if node else []
    prepared = prepare(network.graph, network.weights, workers=workers)
    if explain:
        say(str(prepared.explain(x)))
    found = prepared(x, asked)
    output = found[node.name] if node else network.arranged(found[network.graph.output])
    write_whole(Path(target), encoded_array(output), overwrite=overwrite)
