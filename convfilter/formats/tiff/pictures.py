"""Strips and tiles of TIFF that are files of PNG or WebP."""

from __future__ import annotations

import io

import numpy as np

from convfilter.formats.declaring.limits import Limits
from convfilter.formats.tiff.storage import PICTURES, Storage

__all__ = ["samples_in"]


def samples_in(data: bytes, storage: Storage, shape: tuple[int, int, int]) -> bytes:
    """Return the samples of a strip or tile of a shape (rows, columns, samples).

    Raises
    ------
    ImageError, ValueError
        For damage, and for a picture of another shape.
    """
    if PICTURES[storage.compression] == "PNG":
        from convfilter.formats.png import read
    else:
        from convfilter.formats.webp import read
    rows, columns, samples = shape
    image = read(io.BytesIO(data), Limits(rows * columns))
    pixels = image.pixels.reshape(image.height, image.width, -1)
    if samples == pixels.shape[2] + 1 and samples in (2, 4):  # all of it is opaque
        white = np.full_like(pixels[..., :1], np.iinfo(pixels.dtype).max)
        pixels = np.concatenate([pixels, white], axis=2)
    if pixels.shape != shape or pixels.dtype.itemsize * 8 != storage.depth:
        raise ValueError("a picture of another kind in a strip")
    return pixels.astype(storage.dtype).tobytes()
