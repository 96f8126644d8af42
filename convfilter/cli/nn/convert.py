"""The command `nn convert`: weights out of PyTorch's pickles into a file that runs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convfilter.cli.commands.outputs import check_free, write_whole
from convfilter.cli.options import Command, flag
from convfilter.cli.wording import counted, say
from convfilter.errors import NetworkError, UsageError, shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convfilter.nn.graph import Graph

__all__ = ["SUMMARY", "command"]

SUMMARY = "Turn PyTorch's .pth files into safetensors, without PyTorch."

_HELP = f"""\
{SUMMARY}

IN is a .pth file of either layout, or a .npz or .safetensors file. A .pth file is a pickle, which
could run any program when it is loaded: here only tensors and dictionaries are taken from it, and a
file that names anything else is refused.

What is done to pictures before the network sees them is written into OUT: as --preprocessing says,
or as the TOML file beside IN does, or else as torchvision does it for the network that the weights
fit (short side 256, centre crop 224x224 for most).
"""

_SUFFIX = ".safetensors"

_COUNTER = ".num_batches_tracked"


def command() -> Command:
    """Return the command that converts weights."""
    options = [
        click.Option(
            ["--model"], metavar="NAME", help="the network that the weights have to fit  [optional]"
        ),
        click.Option(
            ["--preprocessing"],
            metavar="FILE",
            help="a TOML file that says what is done to pictures",
        ),
        click.Option(
            ["--labels"], metavar="FILE", help="a text file with the label of each class on a line"
        ),
        flag("--overwrite", "replace OUT if it exists"),
    ]
    return Command(
        "convert",
        callback=_run,
        help=_HELP,
        short_help=SUMMARY,
        options_metavar="[OPTIONS]",
        arguments=[
            click.Argument(["source"], metavar="IN"),
            click.Argument(["target"], metavar="OUT.safetensors"),
        ],
        sections=[("Options", options)],
    )


def _run(
    source: str,
    target: str,
    model: str | None,
    preprocessing: str | None,
    labels: str | None,
    overwrite: bool,
) -> None:
    from dataclasses import replace

    from convfilter.cli.commands.networks import read_labels
    from convfilter.nn import models
    from convfilter.nn.preprocessing.description import KEY, assumed_for, beside, read_toml
    from convfilter.nn.weights.reading import read_any
    from convfilter.nn.weights.safe import encoded

    if not target.lower().endswith(_SUFFIX):
        raise UsageError(f"{shown(target)}: the output is a {_SUFFIX} file: name it so")
    if Path(source).exists() and Path(target).exists() and Path(source).samefile(target):
        raise UsageError(f"{shown(target)} is both input and output: give another output")
    check_free(target, overwrite=overwrite)
    how = None if preprocessing is None else read_toml(preprocessing)
    stored = read_any(source)
    arrays = {name: a for name, a in stored.arrays.items() if not name.endswith(_COUNTER)}
    if not arrays:
        raise NetworkError(f"{shown(source)}: holds no arrays")
    graph = _fitting(arrays) if model is None else models.get(model)
    if model is not None and graph is not None:
        from convfilter.nn.weights.fitting import fitted

        arrays = dict(fitted(graph, arrays, shown(source)))
    told = (
        "as --preprocessing says" if how is not None else "as the input, or a file beside it, says"
    )
    how = how or beside(source, stored.texts)
    if how is None:
        shape = (3, 224, 224) if graph is None else graph.input_shape
        how = assumed_for(shape, None if graph is None else models.scaling_of(graph.name))
        told = f"assumed{'' if graph is None else f' for {graph.name}'}, since nothing says it"
    if labels is not None:
        how = replace(how, labels=read_labels(Path(labels)))
    pieces = [encoded(arrays, {"format": "pt", KEY: how.to_json()})]
    write_whole(Path(target), pieces, overwrite=overwrite)
    path = click.get_current_context().command_path
    numbers = sum(array.size for array in arrays.values())
    say(
        f"{path}: {counted(len(arrays), 'array')} of {numbers:,} numbers written to {shown(target)}"
    )
    say(f"{path}: pictures are prepared by: {how.summary} ({told})")


def _fitting(arrays: Mapping[str, NDArray[Any]]) -> Graph | None:
    """Return the first network by name that has arrays of these names and shapes, if any has."""
    from convfilter.nn import models

    shapes = {(name, array.shape) for name, array in arrays.items()}
    return next(
        (
            graph
            for graph in map(models.get, models.names())
            if set(graph.arrays().items()) <= shapes
        ),
        None,
    )
