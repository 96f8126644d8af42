"""Smoothing that keeps edges: the bilateral filter and non-local means."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from convfilter.engine.arguments import Array, check_image, check_integer, check_number
from convfilter.engine.bands import check_workers, run_bands
from convfilter.engine.geometry import Axis, Border, check_border, lay_out
from convfilter.engine.native import loop
from convfilter.engine.plan import Algorithm, Plan, record
from convfilter.engine.rank import check_fill
from convfilter.engine.strips import StripReader, storer
from convfilter.errors import ArgumentError

LARGEST_FACTOR = 1e30
"""Differences are divided by a sigma that float32 can still do so with."""

TILE_ROWS = 64
TILE_COLUMNS = 512
"""Outputs of a tile: what is computed from it stays within the second-level cache."""


def bilateral(
    image: ArrayLike,
    size: int,
    sigma_color: float,
    sigma_space: float,
    *,
    border: Border = "reflect",
    fill: float = 0.0,
    workers: int | None = None,
) -> Array:
    """Average pixels that are near both in space and in colour (Tomasi and Manduchi, 1998).

    The neighbours at a distance `r` of at most ``size // 2`` weigh
    ``exp(-r**2 / (2 * sigma_space**2) - d**2 / (2 * sigma_color**2))``, where `d` is the sum over
    channels of the absolute differences from the centre. This is the window, the distance and the
    weight of OpenCV's bilateralFilter.

    Sums are float32, for float64 images float64. NaN or infinity makes NaN or infinity of every
    output whose window holds it, and of no other.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32, float64 or bool
    size : diameter of the window in pixels, at least 1; an even one is as the odd one above it
    sigma_color : standard deviation of colours, in values of the image, above 0
    sigma_space : standard deviation of distances, in pixels, above 0
    border : what stands beyond the edge, in NumPy's words, as for `correlate`
    fill : the value of the border "constant"
    workers : threads; None for all CPUs. The result does not depend on it.

    Returns
    -------
    array of the shape and dtype of the image

    Raises
    ------
    ArgumentError, ArgumentTypeError
        For arguments that cannot be used.

    """
    pixels = check_image(image)
    radius = check_integer(size, "size", 1) // 2
    color = _check_positive(sigma_color, "sigma_color")
    space = _check_positive(sigma_space, "sigma_space")
    window = 2 * radius + 1
    axes = lay_out(pixels.shape, (window, window))
    tiles = _Tiles(pixels, axes, border, fill)
    dtype = tiles.dtype
    run = loop("smooth.bilateral", T=dtype)
    offset = np.arange(-radius, radius + 1, dtype=np.int64)
    square = offset[:, np.newaxis] ** 2 + offset**2
    tap_rows, tap_columns = np.nonzero((square <= radius**2) & (square > 0))
    with np.errstate(over="ignore"):
        exponents = np.maximum(-square[tap_rows, tap_columns] / 2.0 / space / space, -1e30).astype(
            dtype
        )
    factor = min(math.sqrt(0.5) / color, LARGEST_FACTOR)
    tap_rows, tap_columns = np.ascontiguousarray(tap_rows), np.ascontiguousarray(tap_columns)

    def smooth(planes: Array, out: Array) -> None:
        channels, _, columns = out.shape
        line, weights = np.empty(columns, dtype), np.empty(columns, dtype)
        sums = np.empty((channels, columns), dtype)
        run(
            planes,
            radius,
            tap_rows,
            tap_columns,
            exponents,
            factor,
            line,
            weights,
            sums,
            out,
        )

    output = tiles.run(smooth, 4 * tap_rows.size + 1, check_workers(workers))
    _record("direct", dtype, f"bilateral, {tap_rows.size + 1} taps in a disk of {window}")
    return output.reshape(np.shape(image))


def nl_means(
    image: ArrayLike,
    strength: float,
    *,
    size: int = 7,
    search: int = 21,
    border: Border = "reflect",
    fill: float = 0.0,
    workers: int | None = None,
) -> Array:
    """Average pixels whose neighbourhoods are alike: non-local means (Buades, Coll, Morel, 2005).

    Every pixel of the search window weighs ``exp(-d2 / strength**2)``, where `d2` is the mean of
    the squared differences, over channels and over a patch of `size` by `size`, between its
    neighbourhood and that of the centre. The centre weighs 1.

    Sums are float32, for 16-bit and float64 images float64. A NaN pixel reaches the outputs whose
    search window holds it and no other; a patch that holds NaN weighs nothing.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32, float64 or bool
    strength : in values of the image, above 0; about the standard deviation of the noise
    size, search : sides of the patch and of the search window in pixels, odd
    border : what stands beyond the edge, in NumPy's words, as for `correlate`
    fill : the value of the border "constant"
    workers : threads; None for all CPUs. The result does not depend on it.

    Returns
    -------
    array of the shape and dtype of the image

    Raises
    ------
    ArgumentError, ArgumentTypeError
        For arguments that cannot be used.

    """
    pixels = check_image(image)
    force = _check_positive(strength, "strength")
    patch, window = _check_odd(size, "size"), _check_odd(search, "search")
    reach = patch + window - 1
    tiles = _Tiles(pixels, lay_out(pixels.shape, (reach, reach)), border, fill)
    dtype = tiles.dtype
    run = loop("smooth.nl_means", T=dtype)
    factor = min(1 / force / math.sqrt(patch * patch * pixels.shape[2]), LARGEST_FACTOR)

    def smooth(planes: Array, out: Array) -> None:
        _, rows, columns = out.shape
        squares = np.empty((rows + patch - 1, columns + patch - 1), dtype)
        line, distances = np.empty(columns + patch - 1, dtype), np.empty(columns, dtype)
        weights, sums = np.empty((rows, columns), dtype), np.empty(out.shape, dtype)
        run(planes, patch, window, factor, squares, line, distances, weights, sums, out)

    output = tiles.run(smooth, 4 * window * window, check_workers(workers))
    _record("shifts", dtype, f"non-local means, {window}x{window} shifts, patches of {patch}")
    return output.reshape(np.shape(image))


class _Tiles:
    """Filters an image in tiles of planes (channels, rows, columns) of floats."""

    def __init__(self, image: Array, axes: tuple[Axis, Axis], border: Border, fill: float) -> None:
        single = image.dtype.name in ("uint8", "float32")
        self.dtype = np.dtype(np.float32 if single else np.float64)
        self._image = image
        self._reader = StripReader(
            image, *axes, check_border(border), check_fill(fill, self.dtype), self.dtype
        )

    def run(
        self, smooth: Callable[[Array, Array], None], work_per_element: int, workers: int
    ) -> Array:
        """Call `smooth(planes, out)` for every tile and return the rounded whole."""
        reader, dtype = self._reader, self.dtype
        height, width, channels = self._image.shape
        reach = reader.columns.reach
        output = np.empty_like(self._image)
        store = storer(output.dtype, dtype, 0.0)

        def work(start: int, stop: int) -> None:
            most = min(max(TILE_ROWS, reach), stop - start)
            across = max(TILE_COLUMNS, reach)
            memory = reader.empty_strip(most)
            for first in range(start, stop, most):
                count = min(most, stop - first)
                strip = reader.read(first, count, memory)
                strip = strip.reshape(strip.shape[0], -1, channels).transpose(2, 0, 1)
                for left in range(0, width, across):
                    right = min(left + across, width)
                    planes = np.ascontiguousarray(strip[:, :, left : right + reach - 1])
                    out = np.empty((channels, count, right - left), dtype)
                    smooth(planes, out)
                    whole = np.empty((count, (right - left) * channels), output.dtype)
                    interleaved = np.ascontiguousarray(out.transpose(1, 2, 0))
                    store(interleaved.reshape(whole.shape), whole)
                    output[first : first + count, left:right] = whole.reshape(interleaved.shape)

        run_bands(height, width * channels * work_per_element, workers, work)
        return output


def _check_positive(value: Any, what: str) -> float:
    number = check_number(value, what)
    if number <= 0:
        raise ArgumentError(f"{what} is {number:g}: it must be above 0")
    return number


def _check_odd(value: Any, what: str) -> int:
    number = check_integer(value, what, 1)
    if number % 2 == 0:
        raise ArgumentError(f"{what} is {number}: it must be odd")
    return number


def _record(algorithm: Algorithm, dtype: np.dtype[Any], reason: str) -> None:
    record(Plan(algorithm, dtype, False, f"{reason}; {dtype} sums", ()))
