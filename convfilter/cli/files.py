"""The options of every command that reads and writes files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from convfilter.cli.options import AnyType, option_of
from convfilter.errors import ConvfilterError
from convfilter.filters.chains import ALPHA, AlphaMode
from convfilter.filters.parameters import Parameter, Spec
from convfilter.formats import check_format, check_written
from convfilter.formats.declaring import COMPRESSIONS, DEPTHS
from convfilter.formats.declaring.index import SUMMARIES

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from convfilter.pipeline import Pipeline

__all__ = ["FileOptions", "engine_options", "file_options", "filter_given_files", "paths_argument"]

_WRITTEN = tuple(name for name, summary in SUMMARIES.items() if summary.is_written)
_QUALITIES = {name: summary.quality for name, summary in SUMMARIES.items() if summary.quality}
_COMPRESSED = tuple(name for name, summary in SUMMARIES.items() if summary.compress)


def _listed(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


_WORKERS = Parameter(
    "workers",
    "integer",
    None,
    Spec("threads for each file", 1, 1024, automatic="all CPUs, shared by the files under way"),
)
_JOBS = Parameter(
    "jobs",
    "integer",
    None,
    Spec("files filtered side by side", 1, 1024, automatic="one for each CPU"),
)
_QUALITY = Parameter(
    "quality",
    "integer",
    None,
    Spec(
        f"of {_listed(_QUALITIES)}",
        1,
        100,
        automatic="; ".join(f"{name} {quality}" for name, quality in _QUALITIES.items()),
    ),
)
_COMPRESS = Parameter(
    "compress",
    "choice",
    "fast",
    Spec(f"of {_listed(_COMPRESSED)}: small takes many times longer"),
    COMPRESSIONS,
)
_DEPTH = Parameter(
    "depth",
    "choice",
    None,
    Spec("bits of the result, floats of 0 to 1 for float", automatic="as in the input"),
    DEPTHS,
)
_MAX_PIXELS = Parameter(
    "max_pixels",
    "integer",
    None,
    Spec(
        "largest width times height to be read, of all frames together", 1, automatic="500 million"
    ),
)


class FormatName(AnyType):
    """The name of a picture format."""

    name = "format"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the canonical name; an unknown one is answered with the nearest."""
        try:
            return check_written(check_format(value))
        except ConvfilterError as error:
            raise click.UsageError(f"--format: {error}", ctx) from error

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the formats that begin with what is there."""
        from click.shell_completion import CompletionItem

        known = [name.lower() for name in _WRITTEN]
        return [CompletionItem(name) for name in known if name.startswith(incomplete.lower())]


class FrameNumbers(AnyType):
    """A choice of frames in words."""

    name = "frames"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the text once it is known to be a choice."""
        from convfilter.formats.declaring.limits import Selection

        try:
            Selection.of(value)
        except ConvfilterError as error:
            raise click.UsageError(f"--{error}", ctx) from error
        return value


class Colour(AnyType):
    """A colour in words or as #rrggbb."""

    name = "colour"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the text once it is known to name a colour."""
        from convfilter.colour.named import colour_named

        try:
            colour_named(value, "background")
        except ConvfilterError as error:
            raise click.UsageError(f"--{error}", ctx) from error
        return value


@dataclass(frozen=True)
class FileOptions:
    """What a person said about files."""

    format: str | None
    overwrite: bool
    in_place: bool
    recursive: bool
    jobs: int | None
    workers: int | None
    alpha: AlphaMode
    quality: int | None
    compress: str
    background: str
    depth: str | None
    strip: bool
    frames: str | None
    max_pixels: int | None
    linear: bool
    explain: bool
    quiet: bool

    @classmethod
    def of(cls, context: click.Context) -> FileOptions:
        """Take the options from a parsed command line."""
        values = {name: context.params[name] for name in cls.__dataclass_fields__}
        values["background"] = values["background"] or "white"
        values["compress"] = values["compress"] or "fast"
        values["alpha"] = values["alpha"] or ALPHA.default
        if values["in_place"] and values["frames"] is not None:
            raise click.UsageError(
                "--in-place keeps every frame of a file: leave --frames out, or name an output",
                context,
            )
        return cls(**values)


def filter_given_files(context: click.Context, pipeline: Pipeline, *, label: str) -> int:
    """Filter the files of a parsed command line and return the exit code."""
    if not context.params["paths"]:
        raise click.UsageError(
            "give an input, a file or a folder, and where its result goes", context
        )
    from convfilter.cli.run import filter_files

    options, paths = FileOptions.of(context), context.params["paths"]
    return filter_files(paths, options, pipeline, label=label, command=context.command_path)


def paths_argument() -> click.Argument:
    """Return the argument that takes all paths."""
    return click.Argument(
        ["paths"], nargs=-1, type=click.Path(), metavar="INPUT... [OUTPUT]", required=False
    )


def engine_options() -> list[click.Option]:
    """Return the options of the engine that are no parameters of a filter."""
    return [
        option_of(ALPHA),
        _flag(
            "--linear",
            "filter in linear light: values are decoded by the curve of the picture's colour"
            " profile, else by sRGB's, and encoded at the end; intensities given are then of light",
        ),
        option_of(_WORKERS),
        _flag("--explain", "say which algorithm ran and why, and how long each part took"),
    ]


def file_options() -> Sequence[click.Option]:
    """Return the options about files."""
    names = ", ".join(name.lower() for name in _WRITTEN)
    return [
        click.Option(
            ["--format"],
            type=FormatName(),
            metavar="FORMAT",
            help=f"format of the output: {names}  [default: from the output's suffix]",
        ),
        _flag("--overwrite", "replace outputs that exist already"),
        _flag("--in-place", "replace the inputs by their results; every path is then an input"),
        _flag("--recursive", "go into the folders of a folder and keep the tree", "-r"),
        option_of(_JOBS, "-j"),
        option_of(_QUALITY),
        option_of(_COMPRESS),
        click.Option(
            ["--background"],
            type=Colour(),
            metavar="COLOUR",
            help="name or #rrggbb: what shows through where the format holds no transparency"
            "  [default: white]",
        ),
        option_of(_DEPTH),
        _flag("--strip", "leave out what says more than the pixels and their colours mean"),
        click.Option(
            ["--frames"],
            type=FrameNumbers(),
            metavar="FRAMES",
            help="of animations and pages, counted from 0: 0, 0-3, 5- or 0,4-6  [default: all]",
        ),
        option_of(_MAX_PIXELS),
        _flag("--quiet", "print errors only", "-q"),
    ]


def _flag(name: str, text: str, *short: str) -> click.Option:
    return click.Option([*short, name], is_flag=True, default=False, help=text)
