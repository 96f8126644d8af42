"""How arrays come to filters: picture by picture, with alpha where the caller says so."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from convfilter.engine.planning import rehearse
from convfilter.errors import ArgumentError
from convfilter.filters.declaring.run_options import ALPHA, AlphaMode
from convfilter.filters.pixels.picture import Pixels
from convfilter.picture.image import Image
from convfilter.runtime.array_axes import axes_of
from convfilter.runtime.checks import Array, as_array
from convfilter.runtime.compiled import Foresight
from convfilter.runtime.missing import Bools, check_nodata, filled, is_masked
from convfilter.runtime.pictures import Gaps, over_pictures, when_whole

__all__ = ["ends_in_alpha", "filtered", "filtered_frame", "refuse_axes", "some_of"]


def filtered(
    image: Image | ArrayLike,
    finish: Callable[[Pixels], tuple[Array, bool]],
    *,
    workers: int | None,
    alpha: AlphaMode | None,
    axes: str | None,
    channel_axis: int | None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> Array:
    """Filter every picture of an array, or an `Image` of one frame.

    `finish` returns the filtered picture, and whether its last channel is alpha.

    Raises
    ------
    ArgumentError, ArgumentTypeError, UnknownNameError
        For an image that cannot be filtered, and for what is said of it and does not fit it.
    """

    def on_picture(picture: Array, there: Bools | None = None) -> Array:
        has_alpha = of_image if of_image is not None else ends_in_alpha(picture.shape, alpha)

        def finished(part: Array, there: Bools | None, workers: int | None) -> Array:
            said: dict[str, Any] = {"alpha": has_alpha, "alpha_mode": alpha, "workers": workers}
            pixels = Pixels.of(part, **said, present=there, nodata=gaps.nodata)
            return finish(pixels)[0]

        def rehearsed(part: Array) -> object:
            return finished(part, None if there is None else some_of(there, part), 1)

        with Foresight(lambda: rehearse(picture, rehearsed)):
            return finished(picture, there, workers)

    of_image = None
    given: ArrayLike = image
    if isinstance(image, Image):
        refuse_axes(axes, channel_axis)
        of_image, given = image.alpha, as_array(image)
        axes = axes_of(image.pixels)
        nodata = image.nodata if nodata is None else nodata
    gaps, arrays = Gaps(nodata=None if nodata is None else check_nodata(nodata)), [given]
    is_whole, result = when_whole(
        given, axes, channel_axis, nodata, mask, {}, lambda: on_picture(as_array(given))
    )
    if is_whole:
        return cast(Array, gaps.marked(result))
    gaps = Gaps.of(arrays, axes, channel_axis, nodata, mask, {})
    if gaps.present is not None:
        arrays = [as_array(given), gaps.present]
    return cast(Array, gaps.marked(over_pictures(on_picture, arrays, axes, channel_axis)))


def filtered_frame(
    frame: Image,
    finish: Callable[[Pixels], tuple[Array, bool]],
    *,
    workers: int | None,
    alpha: AlphaMode | None,
    nodata: float | None,
    mask: ArrayLike | None,
) -> Image:
    """Filter one frame of an `Image`; `nodata` of the frame counts where none is given.

    Its gaps stand as that number. Where only a mask tells them, they are NaN in floats, and 0 in
    integers, about which the result has a line.

    Raises
    ------
    ArgumentError, ArgumentTypeError, UnknownNameError
        As `filtered`.
    """
    axes = axes_of(frame.pixels)
    nodata = frame.nodata if nodata is None else nodata
    said: dict[str, Any] = {"alpha": frame.alpha, "alpha_mode": alpha, "workers": workers}

    def finished(gaps: Gaps) -> tuple[Array, bool]:
        pixels = Pixels.of(frame.pixels, **said, present=gaps.present, nodata=gaps.nodata)
        return finish(pixels)

    gaps = Gaps(nodata=None if nodata is None else check_nodata(nodata))
    is_whole, done = when_whole(frame.pixels, axes, None, nodata, mask, {}, lambda: finished(gaps))
    if not is_whole:
        gaps = Gaps.of([frame.pixels], axes, None, nodata, mask, {})
        done = finished(gaps)
    result, has_alpha = done
    if gaps.nodata is None and not is_masked(result):
        return frame.with_pixels(result, alpha=has_alpha)
    nodata, left_out = gaps.nodata, frame.left_out
    missing = np.ma.getmaskarray(result)
    if nodata is None and missing.any():
        nodata = math.nan if result.dtype.kind == "f" else None
        if nodata is None:
            left_out += (
                f"{int(missing.sum())} values had nothing to be made of, and are 0 (--nodata)",
            )
    pixels = filled(np.ma.getdata(result), missing, 0.0 if nodata is None else nodata)
    changed = frame.with_pixels(pixels, alpha=has_alpha)
    return replace(changed, nodata=nodata, left_out=left_out)


def refuse_axes(axes: str | None, channel_axis: int | None) -> None:
    """Raise ArgumentError where the axes of an `Image` are named."""
    if axes is not None or channel_axis is not None:
        raise ArgumentError(
            "axes and channel_axis are for arrays: an Image says itself what its axes are"
        )


def ends_in_alpha(shape: tuple[int, ...], mode: AlphaMode | None) -> bool:
    """Tell whether the last channel of an array (H, W) or (H, W, C) is alpha.

    It is where the caller says what becomes of alpha.

    Raises
    ------
    UnknownNameError
        For a word that there is not.
    ArgumentError
        Where he says it and the array has no channel for it: one channel, or three, which are red,
        green and blue far more often than two colours and alpha.
    """
    if mode is None:
        return False
    ALPHA.check(mode)
    channels = shape[2] if len(shape) == 3 else 1
    if channels in (1, 3):
        kind = "one channel" if channels == 1 else "3 channels, as red, green and blue"
        raise ArgumentError(
            f"alpha is {mode!r}, which says that the last channel of the array is alpha, and it has"
            f" {kind}: leave alpha out"
            + (", or use convfilter.Image(pixels, alpha=True)" if channels == 3 else "")
        )
    return True


def some_of(there: ArrayLike, part: Array) -> Array:
    """Return a mask for some pixels that a picture is rehearsed on."""
    height, width = part.shape[:2]
    some = as_array(there)[:height, :width]
    return np.resize(some, part.shape[: some.ndim])
