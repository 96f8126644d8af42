"""A picture as notebooks show it: of 8 bits, and not much larger than a screen."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ImageError
from convfilter.files.depth import to_depth
from convfilter.picture.image import Image, Metadata

__all__ = ["MOST_SHOWN", "png_of"]

MOST_SHOWN = 2048
"""Pixels of the longer side; notebooks keep what they show in their files."""


def png_of(image: Image) -> bytes | None:
    """Return the first frame as a PNG file; None of what has no colours that PNG holds.

    Pictures with a side above 2048 pixels are shown smaller, by means of squares of pixels. Raw
    responses are shown as they would be written to a file of 8 bits: what is negative is black. So
    is what is missing.
    """
    from convfilter.files.writing import write
    from convfilter.formats.png import FORMAT

    frame = image.frames[0]
    if frame.channels > 4 or (frame.channels == 4 and not frame.alpha):
        return None
    pixels = frame.pixels
    if pixels.dtype.kind == "f":
        pixels = np.nan_to_num(pixels, nan=0.0, posinf=1.0, neginf=0.0)
    elif pixels.dtype.kind == "i":
        pixels = np.maximum(pixels, 0)
    frame = Image(
        _smaller(pixels, frame.alpha),
        frame.alpha,
        metadata=Metadata(icc_profile=frame.metadata.icc_profile),
    )
    file = io.BytesIO()
    try:
        write(to_depth(frame, "8"), file, format=FORMAT.name)
    except ImageError:  # a profile of other colours, or two channels without alpha
        return None
    return file.getvalue()


def _smaller(pixels: NDArray[Any], has_alpha: bool) -> NDArray[Any]:
    """Return means of squares of pixels, colours weighed by alpha, where a picture is large."""
    side = -(-max(pixels.shape[:2]) // MOST_SHOWN)
    if side == 1:
        return pixels
    height, width = (max(1, length // side) for length in pixels.shape[:2])
    part = pixels[: height * side, : width * side]
    tall, wide = part.shape[0] // height, part.shape[1] // width
    squares = part.reshape(height, tall, width, wide, -1).astype(np.float32)
    if has_alpha:
        squares[..., :-1] *= squares[..., -1:]
    means = squares.mean((1, 3))
    if has_alpha:
        means[..., :-1] /= np.maximum(means[..., -1:], np.finfo(np.float32).tiny)
    shown: NDArray[Any] = means.reshape(height, width, *pixels.shape[2:])
    if pixels.dtype == np.bool_:
        shown = shown >= 0.5
    elif pixels.dtype.kind != "f":
        shown = np.rint(shown)
    whole: NDArray[Any] = shown.astype(pixels.dtype)
    return whole
