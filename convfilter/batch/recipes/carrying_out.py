"""What options say of pixels, carried out: the depth, and how signed responses are shown."""

from __future__ import annotations

import functools
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from convfilter.batch.settings import Settings
from convfilter.formats import FORMATS
from convfilter.picture.image import Image
from convfilter.runtime.missing import is_masked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convfilter.pipeline import Pipeline

__all__ = [
    "as_wanted",
    "asks_raw",
    "deepened",
    "depth_of_result",
    "filtered",
    "filtered_array",
    "holds_negatives",
    "is_bounded",
]

FLOATS = 32
"""Bits of a value of formats that hold floats."""


def asks_raw(pipeline: Pipeline) -> bool:
    """Tell whether the last step is to leave its response raw."""
    return pipeline.steps[-1].parameters.get("signed") == "raw"


def holds_negatives(format_name: str) -> bool:
    """Tell whether a format holds floats, and with them negative values."""
    holds = FORMATS[format_name].holds
    return holds.arrays or holds.depth >= FLOATS


def deepened(image: Image, pipeline: Pipeline, settings: Settings) -> Image:
    """Return the picture with the depth asked for, if that is more: filters round to it.

    It knows the number for no data that is asked for.
    """
    if settings["nodata"] is not None:
        image = image.map(lambda frame: replace(frame, nodata=settings["nodata"]))
    depth = depth_of_result(image, pipeline, settings)
    if depth is None:
        return image
    from convfilter.files.depth import is_deeper, to_depth

    return image.map(lambda frame: to_depth(frame, depth) if is_deeper(frame, depth) else frame)


def filtered(
    image: Image,
    pipeline: Pipeline,
    settings: Settings,
    format_name: str | None,
    workers: int | None,
) -> Image:
    """Return the result with the depth asked for, and without what shall be left out.

    `format_name` is where it goes; None for pictures that stay in memory.
    """
    result = pipeline(
        image,
        workers=workers,
        alpha=settings["alpha"],
        mask=_mask(settings["mask"]),
        linear=settings["linear"],
        bounded=is_bounded(image, pipeline, settings, format_name),
    )
    return as_wanted(result, depth_of_result(image, pipeline, settings), settings)


def is_bounded(
    image: Image, pipeline: Pipeline, settings: Settings, format_name: str | None
) -> bool:
    """Tell whether what becomes of a picture goes into something that holds nothing below black."""
    depth = depth_of_result(image, pipeline, settings)
    has_sign = image.dtype.kind in "fi" and depth in (None, "float")
    return not (has_sign and (format_name is None or holds_negatives(format_name)))


def as_wanted(result: Image, depth: str | None, settings: Settings) -> Image:
    """Return a finished picture with the depth asked for, and without what shall be left out."""
    if settings["strip"]:
        result = result.map(_stripped)
    if depth is None:
        return result
    from convfilter.files.depth import to_depth

    return result.map(lambda frame: to_depth(frame, depth))


def filtered_array(
    array: NDArray[Any], pipeline: Pipeline, settings: Settings, workers: int | None
) -> NDArray[Any]:
    """Do the same with an array, which may have more axes than a picture."""
    depth, nodata = settings["depth"], settings["nodata"]
    if depth is not None and array.ndim > 1 and array.size:
        deep = deepened(_rows(np.asarray(array)), pipeline, settings)
        array, nodata = _masked_as(array, deep.pixels.reshape(array.shape)), deep.nodata
    result = pipeline(
        array,
        workers=workers,
        alpha=settings["alpha"],
        axes=settings["axes"],
        nodata=nodata,
        mask=_mask(settings["mask"]),
        linear=settings["linear"],
        bounded=None if depth in (None, "float") else True,
    )
    if depth is None:
        return result
    from convfilter.files.depth import to_depth

    changed = to_depth(_rows(np.asarray(result)), depth).pixels.reshape(result.shape)
    return _masked_as(result, changed)


def _masked_as(array: NDArray[Any], changed: NDArray[Any]) -> NDArray[Any]:
    """Return changed values with the mask of an array, if it has one."""
    if not is_masked(array):
        return changed
    return np.ma.MaskedArray(changed, np.ma.getmaskarray(array))


def _rows(array: NDArray[Any]) -> Image:
    """Return the values of an array as a picture; how they lie does not matter for their depth."""
    return Image(array.reshape(len(array), -1))


def _mask(name: str | PathLike[str] | None) -> NDArray[Any] | None:
    """Return the mask in a file, black and white."""
    if name is None:
        return None
    path = Path(name)
    return _read_mask(fspath(name), path.stat().st_mtime_ns if path.is_file() else 0)


@functools.lru_cache(maxsize=1)
def _read_mask(name: str, changed: int) -> NDArray[Any]:
    """Return the mask in a file that was changed then: it is the same for many pictures."""
    from convfilter.files.reading import read

    image = read(name, frames=0)
    colours = image.pixels[..., :-1] if image.alpha else image.pixels
    if colours.ndim == 3 and (colours == colours[..., :1]).all():
        colours = colours[..., 0]
    return colours


def depth_of_result(image: Image, pipeline: Pipeline, settings: Settings) -> str | None:
    """Return the depth of the result; a response that is to stay raw needs floats."""
    depth = settings["depth"]
    needs_floats = asks_raw(pipeline) and image.dtype.kind not in "fi"
    return "float" if depth is None and needs_floats else depth


def _stripped(frame: Image) -> Image:
    """Return a picture without what says more than its pixels and their colours mean."""
    from dataclasses import replace

    return replace(frame, metadata=frame.metadata.stripped())
