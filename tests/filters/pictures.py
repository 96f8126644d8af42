"""Pictures that the tests of filters share."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from skimage import data

Array = NDArray[Any]


@functools.cache
def grey() -> Array:
    """Return a textured crop of a photograph, (96, 81) of uint8."""
    return _frozen(data.camera()[120:216, 200:281])


@functools.cache
def rgb() -> Array:
    """Return a crop of a colour photograph, (96, 96, 3) of uint8."""
    return _frozen(data.astronaut()[60:156, 180:276])


def with_alpha(picture: Array) -> Array:
    """Return the picture with an opacity that falls to the right and ends clear."""
    colour = picture if picture.ndim == 3 else picture[:, :, np.newaxis]
    alpha = np.linspace(255, 0, colour.shape[1]).astype(np.uint8)
    return np.dstack([colour, np.broadcast_to(alpha, colour.shape[:2])])


def opaque(picture: Array) -> Array:
    """Return the picture with full opacity everywhere."""
    white = np.full(picture.shape[:2], white_of(picture.dtype), picture.dtype)
    return np.dstack([picture, white])


def white_of(dtype: DTypeLike) -> float:
    return 1.0 if np.dtype(dtype).kind == "f" else float(np.iinfo(dtype).max)


def uneven(random: np.random.Generator, shape: tuple[int, ...], dtype: str) -> Array:
    """Return noise whose opacity is uneven: clear, faint, half and opaque, some of it in blocks."""
    white = white_of(dtype)
    values = random.random(shape) * white
    faint = 1 if white > 1 else 1e-4
    alpha = random.choice([0, faint, white / 2, white], shape[:2], p=[0.4, 0.2, 0.2, 0.2])
    alpha[: shape[0] // 2, : shape[1] // 2] = random.choice([0, white])
    values[..., -1] = alpha
    return (np.rint(values) if white > 1 else values).astype(dtype)


def step(horizontal: bool = True, size: int = 16) -> Array:
    """Return black beside white, (size, size) of uint8; bright to the right, or below."""
    picture = np.zeros((size, size), np.uint8)
    picture[:, size // 2 :] = 255
    return picture if horizontal else np.ascontiguousarray(picture.T)


def error(first: Array, second: Array) -> float:
    """Return the mean squared difference."""
    return float(np.mean((first.astype(np.float64) - second) ** 2))


def _frozen(picture: Array) -> Array:
    picture = np.ascontiguousarray(picture)
    picture.flags.writeable = False
    return picture
