"""The command `learn`: the kernel that turns one picture into another, as a file."""

from __future__ import annotations

import json as json_of_python
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convfilter.cli.commands.outputs import check_free, write_whole
from convfilter.cli.options import Command, flag
from convfilter.cli.wording import say
from convfilter.errors import UsageError, shown

if TYPE_CHECKING:
    from convfilter.features.learning import Learned

__all__ = ["command"]

_HELP = """\
Learn the kernel that turns one picture into another.

KERNEL.toml is a kernel for convfilter convolve --kernel KERNEL.toml. Pixels at the border and
saturated ones are left out. A warning says when the pictures do not determine the kernel, when its
weights are uncertain, and when the change is not linear, as that of a median is not. With --each,
KERNEL-0.toml, KERNEL-1.toml and so on are written, one for each channel.
"""

_AS_PICTURES_SAY = "auto"

_MOST_SHOWN = 9
"""Columns of a kernel that is printed."""


def command() -> Command:
    """Return the command that learns a kernel."""
    options = [
        click.Option(
            ["--size"], type=int, default=5, show_default=True, help="rows and columns, odd"
        ),
        click.Option(
            ["--pair"],
            type=(str, str),
            multiple=True,
            metavar="BEFORE AFTER",
            help="another pair of pictures to learn from; may be repeated",
        ),
        flag("--each", "a kernel for each channel, instead of one for all"),
        flag("--offset", "add a constant, too"),
        click.Option(
            ["--ridge"],
            metavar="NUMBER|auto",
            default=_AS_PICTURES_SAY,
            show_default=True,
            help="how much weights are kept small, such as 0.001; 0 is plain least squares; auto"
            " takes neighbouring weights for as much alike as the pictures say",
        ),
        click.Option(
            ["--workers"], type=click.IntRange(1), metavar="N", help="threads  [default: all CPUs]"
        ),
        flag("--json", "print JSON"),
        flag("--overwrite", "replace KERNEL.toml if it exists"),
    ]
    return Command(
        "learn",
        callback=_run,
        help=_HELP,
        short_help="Learn the kernel that turns one picture into another.",
        options_metavar="[OPTIONS]",
        arguments=[
            click.Argument(["before"]),
            click.Argument(["after"]),
            click.Argument(["target"], metavar="KERNEL.toml"),
        ],
        sections=[("Options", options)],
    )


def _run(
    before: str,
    after: str,
    target: str,
    size: int,
    pair: tuple[tuple[str, str], ...],
    each: bool,
    offset: bool,
    ridge: str,
    workers: int | None,
    json: bool,
    overwrite: bool,
) -> None:
    from convfilter.features.learning import learn_kernel
    from convfilter.files.reading import read

    strength = _ridge(ridge)
    path = Path(target)
    if path.suffix.lower() != ".toml":
        raise UsageError(f"{shown(target)}: the output is a .toml file: name it so")
    if not each:
        check_free(target, overwrite=overwrite)
    named = [(before, after), *pair]
    pairs = [(read(a, frames=0), read(b, frames=0)) for a, b in named]
    found = learn_kernel(
        pairs, size, each=each, offset=offset, ridge=strength, name=path.stem, workers=workers
    )
    paths = [path]
    if each:
        paths = [path.with_name(f"{path.stem}-{number}.toml") for number in range(len(found))]
        for one in paths:
            check_free(str(one), overwrite=overwrite)
    source = "convfilter learn of " + ", ".join(f"{shown(a)} and {shown(b)}" for a, b in named)
    name = click.get_current_context().command_path
    for one, learned in zip(paths, found, strict=True):
        write_whole(one, [_toml(learned, source).encode()], overwrite=overwrite)
        for warning in learned.warnings:
            say(f"{name}: {shown(one)}: warning: {warning}")
        if not json:
            print("\n".join(_lines(shown(one), learned)))
    if json:
        from convfilter.cli.commands.listing import print_json

        print_json([_entry(one, learned) for one, learned in zip(paths, found, strict=True)])


def _ridge(text: str) -> float | None:
    """Return the number that is written, None for "auto"."""
    if text == _AS_PICTURES_SAY:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise UsageError(f"--ridge is {shown(text)}: give a number from 0, or {_AS_PICTURES_SAY}")
    return number


def _lines(name: str, learned: Learned) -> Iterator[str]:
    """Yield what is printed of a kernel: how well it fits, and its weights."""
    error = float(learned.errors.max())
    yield (
        f"{name}: R squared {learned.r_squared:.4f}, condition number {learned.condition:.3g},"
        f" {learned.pixels} pixels, residual {learned.residual:.2f} of 255"
    )
    # up to the first that is uncertain
    digits = min(max(-math.floor(math.log10(error)), 0), 6) if error > 0 else 6
    weights = learned.kernel.array
    if weights.shape[1] <= _MOST_SHOWN:
        texts = [[_written(weight, digits) for weight in row] for row in weights.tolist()]
        width = max(len(text) for row in texts for text in row)
        for row in texts:
            yield "  " + " ".join(text.rjust(width) for text in row)
    yield f"  each within {error:.1g} (the largest standard error)"
    if learned.offset_error:
        yield f"  offset {learned.kernel.offset:.2f}, within {learned.offset_error:.1g}"


def _written(weight: float, digits: int) -> str:
    return f"{round(weight, digits) + 0.0:.{digits}f}"  # 0 has no sign then


def _entry(path: Path, learned: Learned) -> dict[str, object]:
    """Return what JSON says of a kernel; it has no infinity."""
    return {
        "output": str(path),
        "weights": learned.kernel.array.tolist(),
        "errors": learned.errors.tolist(),
        "offset": learned.kernel.offset,
        "offset_error": learned.offset_error,
        "signed": learned.kernel.signed,
        "r_squared": learned.r_squared,
        "condition": _finite(learned.condition),
        "pixels": learned.pixels,
        "residual": learned.residual,
        "uncertainty": _finite(learned.uncertainty),
        "determined": learned.determined,
        "linear": learned.linear,
        "warnings": list(learned.warnings),
    }


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _toml(learned: Learned, source: str) -> str:
    kernel = learned.kernel
    rows = "".join(f"    {row!r},\n" for row in kernel.weights.tolist())
    errors = "".join(
        f"#     [{', '.join(f'{error:.2g}' for error in row)}],\n"
        for row in learned.errors.tolist()
    )
    offset_error = f"  # standard error {learned.offset_error:.2g}" if learned.offset_error else ""

    def quoted(text: str) -> str:
        return json_of_python.dumps(text).replace("\x7f", "\\u007f")

    return (
        f"[{quoted(kernel.name)}]\nweights = [\n{rows}]\n# standard errors = [\n{errors}# ]\n"
        f"offset = {kernel.offset!r}{offset_error}\nsigned = {quoted(kernel.signed)}\n"
        f"description = {quoted(kernel.description)}\nsource = {quoted(source)}\n"
    )
