"""Pictures made the input of a network, as torchvision makes them of Pillow's."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentError
from convfilter.nn.preprocessing.description import Preprocessing
from convfilter.picture.image import Image

__all__ = ["prepared"]

Bytes = NDArray[np.uint8]

_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)
"""Of red, green and blue in grey (ITU-R BT.601), as Pillow has them."""

_LARGEST = 1 << 28
"""Pixels of a picture after resizing, which one narrow as a hair would exceed."""


def prepared(image: Image, how: Preprocessing) -> NDArray[np.float32]:
    """Return a picture as (maps, rows, columns) for a network.

    It is made 8-bit first, since networks are trained on such pictures, and alpha is laid on white.
    Resizing is Pillow's, antialiased and rounded to 8 bits, so that the numbers are those of
    torchvision's transforms of the same file.

    Raises
    ------
    ArgumentError
        It has neither one nor three colours, or is smaller than the crop.
    """
    pixels = _coloured(_opaque(image), how.channels)
    pixels = _cropped(_resized(pixels, how), how.crop)
    low, high = how.range
    values: NDArray[np.float32]
    values = pixels.astype(np.float32) * np.float32((high - low) / 255) + np.float32(low)
    values -= np.array(how.mean, np.float32)
    values /= np.array(how.std, np.float32)
    return np.ascontiguousarray(values.transpose(2, 0, 1))


def _opaque(image: Image) -> Bytes:
    """Return (rows, columns, colours) as 8 bits, on white."""
    pixels = image.pixels if image.pixels.ndim == 3 else image.pixels[..., None]
    if pixels.shape[2] - image.alpha not in (1, 3):
        raise ArgumentError(
            f"has {pixels.shape[2] - image.alpha} channels: a network takes grey or RGB pictures"
        )
    if not image.alpha and pixels.dtype == np.uint8:
        return pixels
    values = _as_bytes(pixels)
    if image.alpha:
        share = values[..., -1:] / np.float32(255)
        values = values[..., :-1] * share + 255 * (1 - share)
    return np.rint(values).astype(np.uint8)


def _as_bytes(pixels: NDArray[Any]) -> NDArray[np.float32]:
    """Return values of 0 to 255, whatever the dtype spans."""
    if pixels.dtype.kind == "f":
        if not np.isfinite(pixels).all():
            raise ArgumentError("holds NaN or infinity, which no network can make sense of")
        return np.clip(pixels.astype(np.float32), 0, 1) * np.float32(255)
    if pixels.dtype == np.bool_:
        return pixels.astype(np.float32) * np.float32(255)
    low, high = np.iinfo(pixels.dtype).min, np.iinfo(pixels.dtype).max
    return (pixels.astype(np.float32) - np.float32(low)) * np.float32(255 / (high - low))


def _coloured(pixels: Bytes, channels: str) -> Bytes:
    if channels == "grey":
        if pixels.shape[2] == 1:
            return pixels
        grey: NDArray[np.float32] = pixels @ _WEIGHTS
        return np.rint(grey)[..., None].astype(np.uint8)
    if pixels.shape[2] == 1:
        return np.repeat(pixels, 3, axis=2)
    return pixels[..., ::-1] if channels == "BGR" else pixels


def _resized(pixels: Bytes, how: Preprocessing) -> Bytes:
    """Return the pixels in the size that is asked for, by Pillow."""
    rows, columns = _new_size(pixels.shape[:2], how)
    if (rows, columns) == pixels.shape[:2]:
        return pixels
    from PIL import Image as Pillow

    flat = np.ascontiguousarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    way = Pillow.Resampling[how.interpolation.upper()]
    resized = np.asarray(Pillow.fromarray(flat).resize((columns, rows), way))
    return resized[..., None] if resized.ndim == 2 else resized


def _new_size(size: tuple[int, ...], how: Preprocessing) -> tuple[int, int]:
    rows, columns = size
    resize = how.resize
    if resize is None:
        return rows, columns
    if isinstance(resize, tuple):
        return resize
    short, long = sorted((rows, columns))
    # rounded in integers, since a quotient of floats may lie on the other side of a half
    long = (2 * resize * long + (how.rounding == "nearest") * short) // (2 * short)
    found = (resize, long) if rows <= columns else (long, resize)
    if found[0] * found[1] > _LARGEST:
        raise ArgumentError(
            f"of {columns}x{rows} pixels is too narrow to be resized by its short side"
        )
    return found


def _cropped(pixels: Bytes, crop: tuple[int, int] | None) -> Bytes:
    if crop is None:
        return pixels
    rows, columns = pixels.shape[:2]
    if rows < crop[0] or columns < crop[1]:
        raise ArgumentError(
            f"has {columns}x{rows} pixels, fewer than the {crop[1]}x{crop[0]} that are taken of it:"
            " let the preprocessing resize it"
        )
    # halves to even, as Python's round in torchvision
    top, left = round((rows - crop[0]) / 2), round((columns - crop[1]) / 2)
    return pixels[top : top + crop[0], left : left + crop[1]]
