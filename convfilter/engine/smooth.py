"""Smoothing that keeps edges: the bilateral filter and non-local means."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convfilter.engine.geometry import Axis, Border, check_border, lay_out
from convfilter.engine.plan import Algorithm, Plan, record
from convfilter.engine.rank import check_fill
from convfilter.errors import ArgumentError
from convfilter.runtime import memory
from convfilter.runtime.checks import Array, check_image, check_integer, check_number
from convfilter.runtime.compiled import loop
from convfilter.runtime.memory import aligned
from convfilter.runtime.threads import check_workers, run_bands

LARGEST_FACTOR = 1e30
"""Differences are divided by a sigma that float32 can still do so with."""

BILATERAL_TILE = (64, 1344)
"""Rows and columns of outputs that share what is loaded; only a few rows are looked at together."""

NL_MEANS_TILE = (32, 1024)
"""As above; all of it is looked at for every offset, and stays within the second-level cache."""

VECTOR = 16
"""The loops compute whole vectors of so many columns, and read so many beyond a tile's border."""

RING_ROWS = 96
"""Rows of weights that the bilateral filter keeps for the rows below: all of sizes up to 9.

Sums of larger windows are made of parts, which begin at the same offsets for every tile.
"""

OFFSETS_AT_ONCE = 128
"""Even. So many neighbours, twice, are added up before they join the sums: fewer roundings."""


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
    tiles = _Tiles(pixels, lay_out(pixels.shape, (window, window)), border, fill)
    down, right = _half_disk(radius)
    # bytes are far from the ends of float32, so the factor of their differences can be theirs;
    # beyond these bounds it makes no difference to a weight
    of_bytes = min(max(_colour_factor(color, tiles.dtype), 1e-15), 1e15)
    scale = of_bytes if pixels.dtype == np.uint8 else 1.0

    def smoother(dtype: np.dtype[Any], rows: int, columns: int) -> Smooth:
        run = loop("engine.loops.bilateral.smooth", T=dtype, D=pixels.dtype)
        square = (down**2 + right**2).astype(np.float64)
        with np.errstate(over="ignore"):
            exponents = np.maximum(-square / 2 / space / space, -1e30) * unit(dtype)
        exponents = exponents.astype(dtype)
        factor = _colour_factor(color, dtype)
        margin = whole_vectors(radius)
        length = whole_vectors(columns) + 2 * margin + VECTOR
        parts = _ring_parts(down, RING_ROWS)
        slots = [np.concatenate([[0], np.cumsum(down[part] + 1)]) for part in parts]
        ring = aligned((max(int(s[-1]) for s in slots), length), dtype)
        totals = aligned(
            (1 + (1 if len(parts) == 1 else rows), pixels.shape[2] + 1, columns), dtype
        )
        limits = _limits(pixels.dtype)

        def smooth(planes: Array, tile: Tile, out: Array) -> int:
            sums = _shaped(totals, (totals.shape[0], totals.shape[1], tile.columns))
            scratch = (ring, sums[0], sums[1:])
            bad = 0
            for part, starts in zip(parts, slots, strict=True):
                ends = (part is parts[0], part is parts[-1])
                of_part = (down[part], right[part], exponents[part], factor, scale, starts)
                place = (*limits, tile.top, tile.left, out)
                bad += run(planes, radius, margin, tile.rows, *ends, *of_part, *scratch, *place)
            return bad

        return smooth

    output = tiles.run(smoother, BILATERAL_TILE, 0.12 * down.size, check_workers(workers), scale)
    taps = 2 * down.size + 1
    _record("direct", tiles.dtype, f"bilateral, {taps} taps in a disk of {window}")
    return output.reshape(np.shape(image))


def _colour_factor(color: float, dtype: np.dtype[Any]) -> float:
    return min(math.sqrt(0.5 * unit(dtype)) / color, LARGEST_FACTOR)


def _half_disk(radius: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows and columns of the offsets in a disk, of each pair of opposite ones the lower.

    Their number is even, since a quarter turn of the disk changes nothing.
    """
    offset = np.arange(-radius, radius + 1, dtype=np.int64)
    down, right = np.meshgrid(offset[radius:], offset, indexing="ij")
    half = (down**2 + right**2 <= radius**2) & ((down > 0) | (right > 0))
    return down[half], right[half]


def _ring_parts(down: NDArray[np.int64], slots: int) -> list[slice]:
    """Split offsets into runs of even length whose weights, down + 1 rows each, fit into a ring."""
    parts, start, taken = [], 0, 0
    for t in range(0, down.size, 2):
        needed = int(down[t] + down[t + 1]) + 2
        if t > start and (taken + needed > slots or t - start >= OFFSETS_AT_ONCE):
            parts.append(slice(start, t))
            start, taken = t, 0
        taken += needed
    return [*parts, slice(start, down.size)]


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
    elements = patch * patch * pixels.shape[2]

    def smoother(dtype: np.dtype[Any], rows: int, columns: int) -> Smooth:
        run, divide = (
            loop("engine.loops.nl_means.smooth", T=dtype),
            loop("engine.loops.smooth.divide", T=dtype, D=pixels.dtype),
        )
        exact = _squares_are_exact(pixels.dtype, dtype, elements, border, fill)
        weight = 1 / force / math.sqrt(elements)
        factor = 1.0 if exact else min(weight, LARGEST_FACTOR)
        scale = (min(weight * weight, LARGEST_FACTOR) if exact else 1.0) * unit(dtype)
        far = window // 2
        margin = whole_vectors(reach // 2)
        length = whole_vectors(columns + far) + patch - 1
        squares = aligned((rows + far + patch - 1, whole_vectors(length)), dtype)
        line = aligned((length,), dtype)
        weights = aligned((2, rows + far, whole_vectors(columns + far)), dtype)
        totals = aligned((2, rows, pixels.shape[2] + 1, columns), dtype)
        offsets = window * window // 2
        limits = _limits(pixels.dtype)

        def smooth(planes: Array, tile: Tile, out: Array) -> int:
            partial, sums = _shaped(totals, (2, tile.rows, totals.shape[2], tile.columns))
            for start in range(0, max(offsets, 1), OFFSETS_AT_ONCE):
                stop = min(start + OFFSETS_AT_ONCE, offsets)
                scratch = (squares, line, weights, partial, sums)
                run(planes, patch, window, margin, start, stop, exact, factor, scale, *scratch)
            bad: int = divide(sums, *limits, tile.top, tile.left, out)
            return bad

        return smooth

    output = tiles.run(smoother, NL_MEANS_TILE, 0.2 * window * window, check_workers(workers))
    reason = f"non-local means, {window}x{window} shifts, patches of {patch}"
    _record("shifts", tiles.dtype, reason)
    return output.reshape(np.shape(image))


def _squares_are_exact(
    image_dtype: np.dtype[Any], dtype: np.dtype[Any], elements: int, border: Border, fill: float
) -> bool:
    """Tell whether sums of so many squared differences of integers are never rounded."""
    if image_dtype.kind == "f":
        return False
    limits = np.iinfo(image_dtype)
    lowest, highest = float(limits.min), float(limits.max)
    if border == "constant":
        if fill != math.floor(fill):
            return False
        lowest, highest = min(lowest, fill), max(highest, fill)
    return elements * (highest - lowest) ** 2 < 2.0 ** (np.finfo(dtype).nmant + 1)


def unit(dtype: np.dtype[Any]) -> float:
    """Return the exponent by which a weight falls to 1/e, negated, as the loops count exponents."""
    return 2.0**23 / math.log(2) if dtype == np.float32 else 1.0


class Tile(NamedTuple):
    """Outputs that are computed together."""

    top: int
    left: int
    rows: int
    columns: int


Smooth = Callable[[Array, Tile, Array], int]
"""Writes the means of a tile, from its planes, into the output; tells how many are not finite."""


class _Tiles:
    """Filters an image in tiles of planes (channels, rows, columns) of floats."""

    def __init__(self, image: Array, axes: tuple[Axis, Axis], border: Border, fill: float) -> None:
        single = image.dtype.name in ("uint8", "float32")
        self.dtype = np.dtype(np.float32 if single else np.float64)
        self._image = image
        self._axes = axes
        self._border, self._fill = check_border(border), check_fill(fill, self.dtype)

    def run(
        self,
        smoother: Callable[[np.dtype[Any], int, int], Smooth],
        size: tuple[int, int],
        nanoseconds: float,
        workers: int,
        scale: float = 1.0,
    ) -> Array:
        """Return the rounded means of all tiles.

        `smoother(dtype, rows, columns)` returns what filters tiles of at most that size, which
        comes from `size`; each thread has its own. The planes are multiplied by `scale`. An element
        takes about so many `nanoseconds`.
        """
        output, bad = self._run(smoother, size, nanoseconds, workers, scale)
        if bad and self.dtype == np.float32:
            # either the image holds such values, or float32 overflowed on the way to a finite mean
            self.dtype = np.dtype(np.float64)
            output, _ = self._run(smoother, size, nanoseconds, workers, scale)
        return output

    def _run(
        self,
        smoother: Callable[[np.dtype[Any], int, int], Smooth],
        size: tuple[int, int],
        nanoseconds: float,
        workers: int,
        scale: float = 1.0,
    ) -> tuple[Array, int]:
        dtype, image = self.dtype, self._image
        height, width, channels = image.shape
        rows, columns = (axis.sources(self._border) for axis in self._axes)
        reach = self._axes[1].reach
        margin = whole_vectors(reach // 2)
        spare = np.full(margin - reach // 2 + 2 * VECTOR, -1)
        columns = np.concatenate([spare[: margin - reach // 2], columns, spare])
        source = image.reshape(height, width * channels)
        output = memory.empty(source.shape, source.dtype)
        load = loop("engine.loops.smooth.load", S=image.dtype, T=dtype)
        across = min(max(size[1], reach), width)
        bad: list[int] = []

        def work(start: int, stop: int) -> None:
            most = min(max(size[0], reach), stop - start)
            smooth = smoother(dtype, most, across)
            length = whole_vectors(across) + 2 * margin + VECTOR
            planes = aligned((channels, most + reach - 1, length), dtype)
            for top in range(start, stop, most):
                high = min(most, stop - top)
                seen_rows = rows[top : top + high + reach - 1]
                for left in range(0, width, across):
                    wide = min(across, width - left)
                    length = whole_vectors(wide) + 2 * margin + VECTOR
                    seen = columns[left : left + length]
                    run = (min(max(x - left, 0), length) for x in (margin, margin + width))
                    tile = _shaped(planes, (channels, seen_rows.size, length))
                    load(source, seen_rows, seen, *run, self._fill, scale, tile)
                    bad.append(smooth(tile, Tile(top, left, high, wide), output))

        run_bands(height, width * channels * nanoseconds, workers, work)
        return output.reshape(image.shape), sum(bad)


def whole_vectors(columns: int) -> int:
    """Round up to a multiple of VECTOR."""
    return -(-columns // VECTOR) * VECTOR


def _shaped(memory: Array, shape: tuple[int, ...]) -> Array:
    """Return the beginning of memory as an array of another shape."""
    return memory.reshape(-1)[: math.prod(shape)].reshape(shape)


def _limits(dtype: np.dtype[Any]) -> tuple[float, float]:
    """Return the smallest and the largest number of a dtype."""
    limits = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    return float(limits.min), float(limits.max)


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
