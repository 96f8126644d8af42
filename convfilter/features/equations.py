"""Normal equations of a kernel: sums of products of the pixels in each window."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convfilter.runtime import compiled
from convfilter.runtime.checks import Array
from convfilter.runtime.threads import check_workers, run_bands

__all__ = ["Equations", "Plane", "Size", "gather", "sample"]

Floats = NDArray[np.float64]
Size = tuple[int, int]

_BLOCK = 32
"""Rows whose sums are added up for themselves, whoever does it."""

_SUMS_BYTES = 1 << 26
"""Bytes of the sums of all blocks: of large kernels the blocks are higher."""

_STRIP_BYTES = 1 << 17
"""Bytes of the rows that stay in the cache while all products are made."""

_MULTIPLE = 12
"""The loop takes so many series of numbers, or a multiple."""

_LANES = 8
"""Rows are filled up to whole vectors, which hold so many numbers at most."""

_NANOSECONDS = 0.04
"""Of a thread for each product."""


class Plane(NamedTuple):
    """One channel of a picture before and after, in units of their own.

    Attributes
    ----------
    before : (rows, columns)
    after : of the pixels whose window lies in the picture
    valid : those of `after` that count; numbers from 0 to 1 say for how much
    scales : multiplied by these, before and after are on the scale 0 to 255
    ends : where `after` is cut off, on that scale; infinite where it is not
    rounding : standard deviation of the rounding of `after`, on that scale
    """

    before: Array
    after: Array
    valid: Array
    scales: tuple[float, float] = (1.0, 1.0)
    ends: tuple[float, float] = (0.0, 255.0)
    rounding: float = 1 / math.sqrt(12)


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
        return round(float(self.products[-1, -1]))


def sample(planes: list[Plane], size: Size, most: int) -> tuple[Floats, Floats]:
    """Return some windows (pixels, taps + 1), the last column 1, and their results (pixels,).

    About `most` of the pixels that count are taken, evenly.
    """
    step = max(1, sum(int(plane.valid.sum()) for plane in planes) // most)
    found, after = [], []
    for plane in planes:
        rows, columns = np.unravel_index(np.flatnonzero(plane.valid)[::step], plane.valid.shape)
        laid = np.lib.stride_tricks.sliding_window_view(plane.before, size)
        some = np.ones((len(rows), size[0] * size[1] + 1))
        some[:, :-1] = laid[rows, columns].reshape(len(rows), -1)
        some[:, :-1] *= plane.scales[0]
        found.append(some)
        after.append(plane.after[rows, columns] * plane.scales[1])
    return np.concatenate(found), np.concatenate(after)


def gather(planes: Iterable[Plane], size: Size, workers: int | None = None) -> Equations:
    """Return the sums over all planes, in one pass over the rows of each.

    Sums are kept in float64, and added up in the same order for any number of threads. Of planes of
    8 and 16 bits they are exact up to 2**53, before they are scaled.
    """
    threads = check_workers(workers)
    taps = size[0] * size[1]
    sums = np.zeros((taps + 2, taps + 2))
    for plane in planes:
        scales = np.array([plane.scales[0]] * taps + [1.0, plane.scales[1]])
        sums += _sums(plane, size, threads) * np.outer(scales, scales)
    return Equations(sums[:-1, :-1], sums[:-1, -1], float(sums[-1, -1]))


def _sums(plane: Plane, size: Size, workers: int) -> Floats:
    """Return the products of all series: the taps, the constant 1 and the result."""
    rows = len(plane.valid)
    series = size[0] * size[1] + 2
    count = series + -series % _MULTIPLE
    most = max(1, _SUMS_BYTES // (count * count * 8))
    height = max(_BLOCK, math.ceil(rows / most))
    sums = np.zeros((math.ceil(rows / height), count, count))

    def work(start: int, stop: int) -> None:
        for block in range(start, stop):
            _add_block(plane, size, block * height, min(rows, (block + 1) * height), sums[block])

    of_row = _NANOSECONDS * plane.valid.shape[1] * series * series / 2
    run_bands(len(sums), of_row * height, workers, work)
    upper = np.triu(sums.sum(axis=0)[:series, :series])
    whole: Floats = upper + np.triu(upper, 1).T
    return whole


def _add_block(plane: Plane, size: Size, top: int, stop: int, sums: Floats) -> None:
    """Lay out the rows of a block as the loop reads them, and add up its products.

    Rows of the picture come first, then those of the result, of the mask, and one of ones.
    """
    rows, columns = stop - top, plane.valid.shape[1]
    length = columns + -columns % _LANES
    pitch = length + size[1] + -size[1] % _LANES
    result, mask = rows + size[0] - 1, 2 * rows + size[0] - 1
    ones = mask + rows
    memory = np.zeros((ones + 1, pitch))
    memory[:result, : plane.before.shape[1]] = plane.before[top : stop + size[0] - 1]
    memory[result:mask, :columns] = plane.after[top:stop]
    memory[mask:ones, :columns] = plane.valid[top:stop]
    memory[ones] = 1
    taps = size[0] * size[1]
    at = np.zeros(len(sums), np.int64)
    at[:taps] = np.add.outer(np.arange(size[0]) * pitch, np.arange(size[1])).reshape(-1)
    at[taps:] = ones * pitch
    at[taps + 1] = result * pitch
    down = np.full(len(sums), pitch, np.int64)
    down[taps:] = 0
    down[taps + 1] = pitch
    strip = max(1, _STRIP_BYTES // (pitch * 8) - size[0])
    compiled.loop("features.loops.products.add_products")(
        memory.reshape(-1), at, down, mask * pitch, pitch, rows, length, strip, sums
    )
