"""The command `features`: a row of numbers for each picture, ready for a classifier."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convfilter.cli.commands import SUMMARIES
from convfilter.cli.commands.listing import Known
from convfilter.cli.commands.networks import (
    Pictures,
    classifier_without_labels,
    network_options,
    recursive_option,
    say_assumed,
)
from convfilter.cli.commands.outputs import check_free, write_whole
from convfilter.cli.options import Command, flag
from convfilter.cli.telling.progress import bar
from convfilter.errors import ArgumentError, UsageError, listed, shown

if TYPE_CHECKING:
    from convfilter.features.extracting import Extractor

__all__ = ["command"]

_HELP = f"""\
{SUMMARIES["features"]}

\b
  convfilter features --bank gabor --grid 4x4 photos features.npz
  convfilter features --bank sobel-x,laplacian-4 --pool mean,max a.png b.png out.csv
  convfilter features --model M --weights F --layer NAME photos features.npz

INPUT is a picture, a folder of pictures, or a dash (-) for standard input. Responses of kernels to
the grey picture, or maps of a layer, lose their signs and are pooled. A .npz file has the arrays
features, columns and inputs. A picture that cannot be read is named, and the others are done.
"""


def command() -> Command:
    """Return the command that makes features."""
    bank = click.Option(
        ["--bank"],
        type=Known(_summaries),
        metavar="NAMES",
        help="sobel, gabor, laws, lm (Leung and Malik), kernels that convfilter kernels lists, or"
        " files of kernels, with commas between them",
    )
    *network, workers = network_options(labels=False)
    layer = click.Option(
        ["--layer", "layers"],
        multiple=True,
        metavar="NAME",
        help="a layer of the network, by its name or its alias; may be repeated",
    )
    pooling = [
        click.Option(
            ["--pool"],
            default="mean",
            show_default=True,
            metavar="WAYS",
            help="mean, max and std (standard deviation), one or several with commas between them",
        ),
        click.Option(
            ["--grid"],
            default="1x1",
            show_default=True,
            metavar="RxC",
            help="rows and columns of cells, each of which is pooled for itself",
        ),
    ]
    files = [
        flag("--folder-labels", "add the name of each picture's folder as its label"),
        recursive_option(),
        workers,
        flag("--overwrite", "replace OUT if it exists"),
    ]
    return Command(
        "features",
        callback=_run,
        help=_HELP,
        short_help=SUMMARIES["features"],
        options_metavar="[OPTIONS]",
        arguments=[
            click.Argument(["paths"], nargs=-1, metavar="INPUT... OUT.npz|OUT.csv", required=False)
        ],
        sections=[
            ("Options of kernels", [bank]),
            ("Options of the network", [layer, *network]),
            ("Options of pooling", pooling),
            ("Options", files),
        ],
    )


def _summaries() -> Mapping[str, str]:
    from convfilter import kernels

    return {**kernels.banks.summaries(), **kernels.summaries()}


def _run(
    paths: tuple[str, ...],
    bank: str | None,
    layers: tuple[str, ...],
    pool: str,
    grid: str,
    folder_labels: bool,
    recursive: bool,
    overwrite: bool,
    **params: Any,
) -> int:
    import numpy as np

    from convfilter.features.tables import ENCODERS, Table

    _check_source(bank, layers, params)
    *inputs, target = _split(paths)
    check_free(target, overwrite=overwrite)
    pictures = Pictures(inputs, recursive=recursive)
    extract = _extractor(bank, layers, pool, _grid(grid), params)
    rows, names, labels = [], [], []
    with bar("features") as show:
        for number, found in enumerate(pictures.each(extract), 1):
            show(number / len(pictures.paths), "")
            if found.error is None:
                rows.append(found.result)
                names.append("-" if found.path is None else str(found.path))
                labels.append(_folder(found.path) if folder_labels else "")
    if rows:
        table = Table(np.stack(rows), extract.columns, names, labels if folder_labels else None)
        path = Path(target)
        pieces = [ENCODERS[path.suffix.lower()](table)]
        write_whole(path, pieces, overwrite=overwrite)
    return pictures.exit_code()


def _split(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return inputs and the output, the last one."""
    from convfilter.features.tables import ENCODERS

    context = click.get_current_context()
    if not paths:
        raise click.UsageError("give pictures, or folders of them, and OUT.npz or OUT.csv", context)
    if Path(paths[-1]).suffix.lower() not in ENCODERS:
        raise UsageError(
            f"{shown(paths[-1])}: features go into {listed(ENCODERS, 'or')} files: name one last"
        )
    if len(paths) == 1:
        raise click.UsageError("give pictures, or folders of them, before the output", context)
    return paths


def _grid(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,6})(?:x(\d{1,6}))?", text, re.ASCII)
    if found is None:
        raise ArgumentError(f"--grid must be rows and columns as 4x4, not {text!r}")
    return int(found[1]), int(found[2] or found[1])


def _check_source(bank: str | None, layers: tuple[str, ...], params: dict[str, Any]) -> None:
    """Refuse options that name both kernels and a network, or neither."""
    named = ["layer"] if layers else []
    named += [
        name for name in ("model", "weights", "seed", "preprocessing") if params[name] is not None
    ]
    if bank is not None and named:
        raise UsageError(f"give either --bank or a layer of a network, not --bank and --{named[0]}")
    if bank is None and not named:
        raise UsageError("give --bank NAMES for kernels, or --model M --layer NAME for a network")
    if bank is None and not layers:
        raise UsageError("--layer is needed with a network: convfilter nn summary lists its layers")


def _extractor(
    bank: str | None,
    layers: tuple[str, ...],
    pool: str,
    grid: tuple[int, int],
    params: dict[str, Any],
) -> Extractor:
    """Return what makes features, as the options want it; say what had to be assumed."""
    from convfilter.features.extracting import of_bank, of_layers

    if bank is not None:
        return of_bank(bank, pool=pool, grid=grid, workers=params["workers"])
    made = classifier_without_labels(params)
    extractor = of_layers(made, layers, pool=pool, grid=grid)
    if made.assumed:
        say_assumed(made.assumed)
    return extractor


def _folder(path: Path | None) -> str:
    return "" if path is None else path.absolute().parent.name
