"""The command `learn`: the kernel that turns one picture into another, as a file."""

from __future__ import annotations

import json as json_of_python
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convfilter.cli.commands.networks import check_free
from convfilter.cli.options import Command, flag
from convfilter.cli.wording import say
from convfilter.errors import ImageError, UsageError, reason_of, shown

if TYPE_CHECKING:
    from convfilter.kernels import Kernel

__all__ = ["command"]

_HELP = """\
Learn the kernel that turns one picture into another.

KERNEL.toml is a kernel for convfilter convolve --kernel KERNEL.toml. Pixels at the border and
saturated ones are left out. A warning says when the pictures do not determine the kernel, and when
the change is not linear, as that of a median is not. With --each, KERNEL-0.toml, KERNEL-1.toml and
so on are written, one for each channel.
"""


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
            type=float,
            default=0.0,
            show_default=True,
            help="keep weights small where pictures leave them open, such as 0.001",
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
    ridge: float,
    json: bool,
    overwrite: bool,
) -> None:
    from convfilter.features.learning import learn_kernel
    from convfilter.files.reading import read
    from convfilter.files.replace import replace_file

    path = Path(target)
    if path.suffix.lower() != ".toml":
        raise UsageError(f"{shown(target)}: the output is a .toml file: name it so")
    if not each:
        check_free(target, overwrite=overwrite)
    named = [(before, after), *pair]
    pairs = [(read(a, frames=0), read(b, frames=0)) for a, b in named]
    found = learn_kernel(pairs, size, each=each, offset=offset, ridge=ridge, name=path.stem)
    paths = [path]
    if each:
        paths = [path.with_name(f"{path.stem}-{number}.toml") for number in range(len(found))]
        for one in paths:
            check_free(str(one), overwrite=overwrite)
    source = "convfilter learn of " + ", ".join(f"{shown(a)} and {shown(b)}" for a, b in named)
    name = click.get_current_context().command_path
    for one, learned in zip(paths, found, strict=True):
        text = _toml(learned.kernel.replace(source=source))
        try:
            notes = replace_file(one, [text.encode()], overwrite=overwrite)
        except OSError as error:
            raise ImageError(f"{shown(one)}: cannot be written: {reason_of(error)}") from error
        for line in (*notes, *(f"warning: {warning}" for warning in learned.warnings)):
            say(f"{name}: {shown(one)}: {line}")
        if not json:
            print(
                f"{shown(one)}: R squared {learned.r_squared:.4f}, condition number"
                f" {learned.condition:.3g}, {learned.pixels} pixels, residual"
                f" {learned.residual:.2f} of 255"
            )
    if json:
        from convfilter.cli.commands.listing import print_json

        print_json(
            [
                {
                    "output": str(one),
                    "r_squared": learned.r_squared,
                    # JSON has no infinity
                    "condition": learned.condition if learned.condition < float("inf") else None,
                    "pixels": learned.pixels,
                    "residual": learned.residual,
                    "determined": learned.determined,
                    "linear": learned.linear,
                    "warnings": list(learned.warnings),
                }
                for one, learned in zip(paths, found, strict=True)
            ]
        )


def _toml(kernel: Kernel) -> str:
    rows = "".join(f"    {row!r},\n" for row in kernel.weights.tolist())

    def quoted(text: str) -> str:
        return json_of_python.dumps(text).replace("\x7f", "\\u007f")

    return (
        f"[{quoted(kernel.name)}]\nweights = [\n{rows}]\noffset = {kernel.offset!r}\n"
        f"description = {quoted(kernel.description)}\nsource = {quoted(kernel.source)}\n"
    )
