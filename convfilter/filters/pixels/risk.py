"""How well a way to take noise away would do, told without the picture that is looked for."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from convfilter.runtime.checks import Array

__all__ = ["middle_of", "risk"]

SIDE = 256
"""Rows and columns, from the middle of a picture, that ways are judged by."""

SEED = 0
"""The same picture is judged alike each time."""


def middle_of(pixels: Array) -> Array:
    """Return the middle of a picture (H, W) or (H, W, C) as floats."""
    corner = [max(0, (extent - SIDE) // 2) for extent in pixels.shape[:2]]
    middle = pixels[corner[0] : corner[0] + SIDE, corner[1] : corner[1] + SIDE]
    dtype = np.float64 if pixels.dtype == np.float64 else np.float32
    return np.ascontiguousarray(middle, dtype=dtype)


def risk(noisy: Array, denoise: Callable[[Array], Array], sigma: float) -> float:
    """Return the mean squared error to be expected of what `denoise` makes of a noisy picture.

    That is Stein's unbiased estimate, for normal noise of the standard deviation `sigma`. How much
    a result follows its own pixel is tried with small random changes (Ramani, Blu & Unser,
    "Monte-Carlo SURE", 2008). NaN where the picture holds NaN or infinity.
    """
    step = sigma / 10
    signs = np.random.default_rng(SEED).choice(np.array([-1, 1], noisy.dtype), noisy.shape)
    with np.errstate(invalid="ignore", over="ignore"):
        result = denoise(noisy)
        changed = denoise(noisy + noisy.dtype.type(step) * signs)
        follows = np.mean(signs * (changed - result), dtype=np.float64) / step
        misfit = np.mean((noisy - result) ** 2, dtype=np.float64)
    expected = float(misfit - sigma**2 + 2 * sigma**2 * follows)
    return expected if math.isfinite(expected) else math.nan
