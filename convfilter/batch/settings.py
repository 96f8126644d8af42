"""What can be said about a job: declared here once, for the command line and for Python alike."""

# no `from __future__ import annotations`: what stands in the annotations is read below
from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from typing import Annotated, Any, TypedDict, cast

from convfilter.errors import UnknownNameError, UsageError, listed
from convfilter.filters.declaring.parameters import FileName, Parameter, Spec, Text
from convfilter.filters.declaring.run_options import ALPHA, AXES, NODATA, WORKERS, AlphaMode
from convfilter.formats import check_format, check_written
from convfilter.formats.declaring import BEST_QUALITY, COMPRESSIONS, DEPTHS
from convfilter.formats.declaring.index import SUMMARIES
from convfilter.formats.declaring.limits import DEFAULT_DPI, DEVELOPED, DPI_RANGE
from convfilter.runtime.threads import MOST_WORKERS

__all__ = ["OF_RECIPES", "OPTIONS", "Settings", "check_together", "checked", "completed"]


Declaration = Callable[[str], Parameter]
"""All of an option but its name, which is that of its field."""


OF_RUN = object()
"""Marks what is said of how the work is done, and not of what comes out: no part of a recipe."""


def _flag(words: str) -> Declaration:
    return lambda name: Parameter(name, "flag", False, Spec(words))


def _number(words: str, highest: int | None, automatic: str) -> Declaration:
    spec = Spec(words, 1, highest, automatic=automatic)
    return lambda name: Parameter(name, "integer", None, spec)


def _choice(
    words: str, choices: tuple[str, ...], default: str | None, automatic: str | None = None
) -> Declaration:
    spec = Spec(words, automatic=automatic)
    return lambda name: Parameter(name, "choice", default, spec, choices)


def _text(
    meaning: str,
    understand: Callable[[str], str],
    metavar: str,
    default: str | None = None,
    automatic: str | None = None,
    **further: Any,
) -> Declaration:
    spec = Spec(meaning, automatic=automatic)
    return lambda name: Text(name, default, spec, understand, metavar, **further)


def _file(meaning: str, automatic: str) -> Declaration:
    spec = Spec(meaning, automatic=automatic)
    return lambda name: FileName(name, None, spec, str, "FILE")


def _format(text: str) -> str:
    return check_written(check_format(text))


def _colour(text: str) -> str:
    from convfilter.colour.named import colour_named

    colour_named(text, "background")
    return text


def _frames(text: str) -> str:
    from convfilter.formats.declaring.limits import Selection

    Selection.of(text)
    return text


_WRITTEN = [name.lower() for name, summary in SUMMARIES.items() if summary.is_written]
_QUALITIES = {name: summary.quality for name, summary in SUMMARIES.items() if summary.quality}
_COMPRESSED = [name for name, summary in SUMMARIES.items() if summary.compress]


class Settings(TypedDict, total=False):
    """What is said about a job; `completed` and `checked` fill in what is not said.

    Each field holds its whole declaration: default, range, and the words of its help.
    """

    alpha: Annotated[AlphaMode | None, lambda _: ALPHA]
    axes: Annotated[str | None, lambda _: AXES]
    nodata: Annotated[float | None, lambda _: NODATA]
    mask: Annotated[
        str | PathLike[str] | None,
        _file(
            "picture of black and white, as large as the inputs: black where something is missing;"
            " where a window holds nothing the result is that of nodata, else nan or 0",
            "everything is there",
        ),
    ]
    linear: Annotated[
        bool,
        _flag(
            "filter in linear light: values are decoded by the curve of the picture's colour"
            " profile, else by sRGB's, and encoded at the end; intensities given are then of light"
        ),
    ]
    workers: Annotated[int | None, lambda _: WORKERS, OF_RUN]
    format: Annotated[
        str | None,
        _text(
            f"format of the output: {', '.join(_WRITTEN)}",
            _format,
            "FORMAT",
            automatic="from the output's suffix",
            words=_WRITTEN,
        ),
    ]
    overwrite: Annotated[bool, _flag("replace outputs that exist already"), OF_RUN]
    in_place: Annotated[
        bool, _flag("replace the inputs by their results; every path is then an input"), OF_RUN
    ]
    recursive: Annotated[bool, _flag("go into the folders of a folder and keep the tree"), OF_RUN]
    strict: Annotated[
        bool,
        _flag(
            "files of a folder that are pictures of a kind that cannot be read here are failures,"
            " not passed over"
        ),
        OF_RUN,
    ]
    jobs: Annotated[
        int | None,
        _number(
            "files filtered side by side, which share the CPUs", MOST_WORKERS, "one for each CPU"
        ),
        OF_RUN,
    ]
    quality: Annotated[
        int | None,
        _number(
            f"of {listed(_QUALITIES)}",
            BEST_QUALITY,
            "; ".join(f"{name} {quality}" for name, quality in _QUALITIES.items()),
        ),
    ]
    compress: Annotated[
        str,
        _choice(
            f"of {listed(_COMPRESSED)}: small takes many times longer",
            COMPRESSIONS,
            COMPRESSIONS[0],
        ),
    ]
    background: Annotated[
        str,
        _text(
            "name or #rrggbb: what shows through where the format holds no transparency",
            _colour,
            "COLOUR",
            default="white",
        ),
    ]
    depth: Annotated[
        str | None,
        _choice("bits of the result, floats of 0 to 1 for float", DEPTHS, None, "as in the input"),
    ]
    strip: Annotated[bool, _flag("leave out what says more than the pixels and their colours mean")]
    stamp: Annotated[
        bool,
        _flag(
            "write into the result how it was made: version, recipe, hash of the input; convfilter"
            " rerun reads it"
        ),
    ]
    frames: Annotated[
        str | int | Iterable[int] | None,
        _text(
            "of animations and pages, counted from 0: 0, 0-3, 5- or 0,4-6",
            _frames,
            "FRAMES",
            automatic="all",
            numbers=True,
        ),
    ]
    develop: Annotated[
        str | None,
        _choice(
            "of camera raw: sRGB of 8 or 16 bits, or linear light of 16 bits",
            DEVELOPED,
            None,
            "8, or 16 for a deeper --depth",
        ),
    ]
    dpi: Annotated[
        float,
        lambda name: Parameter(
            name,
            "number",
            DEFAULT_DPI,
            Spec("pixels per inch at which pages of documents are drawn", *DPI_RANGE),
        ),
    ]
    max_pixels: Annotated[
        int | None,
        _number(
            "largest width times height to be read, of all frames together", None, "500 million"
        ),
        OF_RUN,
    ]


OPTIONS: dict[str, Parameter] = {
    name: field.__metadata__[0](name) for name, field in Settings.__annotations__.items()
}
"""Every field of `Settings` as a parameter: what the command line and Python check and show."""


OF_RECIPES = tuple(
    name for name, field in Settings.__annotations__.items() if OF_RUN not in field.__metadata__
)
"""The options that decide about the bytes of a result."""


def completed(given: Mapping[str, Any]) -> Settings:
    """Return settings with the defaults of all that is not given; what is given is trusted."""
    values = {name: option.default for name, option in OPTIONS.items()}
    return cast(Settings, {**values, **given})


def checked(given: Mapping[str, Any]) -> Settings:
    """Return settings with every given value checked, and the defaults of all others.

    Raises
    ------
    UnknownNameError
        For an option, a format or a choice that there is not, with the nearest ones.
    ArgumentError, ArgumentTypeError
        For a value out of range or of the wrong type.
    UsageError
        For options that contradict each other.
    """
    for name in given:
        if name not in OPTIONS:
            raise UnknownNameError("option", name, OPTIONS)
    settings = completed({name: OPTIONS[name].check(value) for name, value in given.items()})
    check_together(settings)
    return settings


def check_together(settings: Settings) -> None:
    """Raise UsageError for options that contradict each other."""
    if settings["in_place"] and settings["frames"] is not None:
        raise UsageError(
            "--in-place keeps every frame of a file: leave --frames out, or name an output"
        )
    if settings["linear"] and settings["develop"] == "linear":
        raise UsageError(
            "--develop linear gives light, which --linear would decode once more: leave one out"
        )
