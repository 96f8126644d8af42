"""Normal equations of a kernel: sums of products of the pixels in each window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convfilter.runtime.checks import Array

__all__ = ["Equations", "Plane", "gather", "windows"]

Floats = NDArray[np.float64]

_NUMBERS = 1 << 20
"""Numbers of windows that are laid out at once: 8 MB."""


class Plane(NamedTuple):
    """One channel of a picture before and after, on the scale 0 to 255.

    `valid` tells the pixels of `after` that count, among those whose window lies in the picture.
    """

    before: Floats
    after: Floats
    valid: Array


class Equations(NamedTuple):
    """Sums over all pixels that count; the last row and column are of the constant 1.

    `products` (taps + 1, taps + 1), `answers` (taps + 1,) of products with the result, and the sum
    of squares of the result.
    """

    products: Floats
    answers: Floats
    squares: float

    @property
    def pixels(self) -> int:
        """How many pixels count."""
        return int(self.products[-1, -1])


def windows(plane: Plane, size: tuple[int, int]) -> Iterator[tuple[Floats, Floats]]:
    """Yield windows (pixels, taps + 1), the last column 1, and the results (pixels,), in bands."""
    rows, columns = plane.valid.shape
    taps = size[0] * size[1]
    band = max(1, _NUMBERS // (columns * taps))
    laid = np.lib.stride_tricks.sliding_window_view(plane.before, size)
    for top in range(0, rows, band):
        part = slice(top, top + band)
        chosen = plane.valid[part]
        found = np.ones((int(chosen.sum()), taps + 1))
        found[:, :-1] = laid[part][chosen].reshape(-1, taps)
        yield found, plane.after[part][chosen]


def gather(planes: list[Plane], size: tuple[int, int]) -> Equations:
    """Return the sums over all planes, in one pass.

    Products of 8-bit values are whole numbers, and so are their sums up to 2**53: these are exact.
    """
    taps = size[0] * size[1]
    products = np.zeros((taps + 1, taps + 1))
    answers = np.zeros(taps + 1)
    squares = 0.0
    for plane in planes:
        for found, after in windows(plane, size):
            products += found.T @ found
            answers += after @ found
            squares += float(after @ after)
    return Equations(products, answers, squares)
