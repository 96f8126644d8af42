"""What is said of a result: how pixels are taken, and how it is written."""

# no `from __future__ import annotations`: what stands in the annotations is read
from collections.abc import Iterable
from os import PathLike
from typing import Annotated, TypedDict

from convfilter.batch.settings.declaring import choice, file, flag, number, text
from convfilter.errors import listed
from convfilter.filters.declaring.parameters import Parameter, Spec
from convfilter.filters.declaring.run_options import ALPHA, AXES, NODATA, AlphaMode
from convfilter.formats import check_format, check_written
from convfilter.formats.declaring import (
    BEST_QUALITY,
    COMPRESSIONS,
    DEPTHS,
)
from convfilter.formats.declaring.index import SUMMARIES
from convfilter.formats.declaring.limits import DEFAULT_DPI, DEVELOPED, DPI_RANGE

__all__ = ["OfPixels", "OfResults"]


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


class OfPixels(TypedDict, total=False):
    """How the pixels of an input are taken, and what is done to them besides the filters."""

    alpha: Annotated[AlphaMode | None, lambda _: ALPHA]
    axes: Annotated[str | None, lambda _: AXES]
    nodata: Annotated[float | None, lambda _: NODATA]
    mask: Annotated[
        str | PathLike[str] | None,
        file(
            "picture of black and white, as large as the inputs: black where something is missing;"
            " where a window holds nothing the result is that of nodata, else nan or 0",
            "everything is there",
        ),
    ]
    linear: Annotated[
        bool,
        flag(
            "filter in linear light: values are decoded by the curve of the picture's colour"
            " profile, else by sRGB's, and encoded at the end; intensities given are then of light"
        ),
    ]


class OfResults(TypedDict, total=False):
    """How a result is written, and what of its input it is made from."""

    format: Annotated[
        str | None,
        text(
            f"format of the output: {', '.join(_WRITTEN)}",
            _format,
            "FORMAT",
            automatic="from the output's suffix",
            words=_WRITTEN,
        ),
    ]
    quality: Annotated[
        int | None,
        number(
            f"of {listed(_QUALITIES)}",
            BEST_QUALITY,
            "; ".join(f"{name} {quality}" for name, quality in _QUALITIES.items()),
        ),
    ]
    compress: Annotated[
        str,
        choice(
            f"of {listed(_COMPRESSED)}: small takes many times longer",
            COMPRESSIONS,
            COMPRESSIONS[0],
        ),
    ]
    background: Annotated[
        str,
        text(
            "name or #rrggbb: what shows through where the format holds no transparency",
            _colour,
            "COLOUR",
            default="white",
        ),
    ]
    depth: Annotated[
        str | None,
        choice("bits of the result, floats of 0 to 1 for float", DEPTHS, None, "as in the input"),
    ]
    strip: Annotated[bool, flag("leave out what says more than the pixels and their colours mean")]
    stamp: Annotated[
        bool,
        flag(
            "write into the result how it was made: version, recipe, hash of the input; convfilter"
            " rerun reads it"
        ),
    ]
    frames: Annotated[
        str | int | Iterable[int] | None,
        text(
            "of animations and pages, counted from 0: 0, 0-3, 5- or 0,4-6",
            _frames,
            "FRAMES",
            automatic="all",
            numbers=True,
        ),
    ]
    develop: Annotated[
        str | None,
        choice(
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
