"""Correlation with large kernels by fast Fourier transforms of tiles (overlap-save).

The padded image is cut into square tiles that overlap by the reach of the kernel less one. A
transform makes of the correlation with a kernel a product, number by number; what wraps round at
the end of a tile is left out, and the rest of all tiles together is the result. Two real tiles are
one complex one: kernels are real, so both parts stay apart. The tiles lie at fixed places of the
output, which makes the result independent of the number of threads.

**Errors**, u being the unit roundoff, n the numbers of a tile, z the tile, k the kernel and y the
result. A transform of n numbers with twiddles exact to u is off by at most ``7 u log2(n)`` times
its 2-norm (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., theorem 24.2, for
radix 2; radices 4 and 8 take a part of its multiplications), and no number of the spectrum of a
kernel by more than as much times ``sum|k|``. There and back, with the spectrum and the product
between, no output is off by more than ``(21 log2(n) + 9) u |z|_2 sum|k|``: `proven_error`.

That allows all errors of a tile to gather in a single output. Rounding errors do not: they spread
over the tile and grow with the square root of the number of steps (Schatzman, *Accuracy of the
discrete Fourier transform and the fast Fourier transform*, SIAM J. Sci. Comput. 17, 1996; Higham
and Mary, *A new approach to probabilistic rounding error analysis*, SIAM J. Sci. Comput. 41, 2019).
Their root mean square is below 4 u times ``rms(z) |k|_2 + rms(y)``; `likely_error` takes LIKELY
times u. Exact integers are promised on proven errors alone.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from convfilter.engine import costs
from convfilter.engine.geometry import Axis, Border
from convfilter.engine.loops.layout import CHUNK
from convfilter.engine.plan import RELATIVE_ALLOWANCE, ROUNDING_ALLOWANCE, Plan, Request
from convfilter.engine.schedule import Weights
from convfilter.engine.strips import StripReader
from convfilter.runtime import memory
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import loop
from convfilter.runtime.memory import aligned
from convfilter.runtime.threads import run_bands

LANES = 16
"""Columns of a panel, as the loops have it."""

SIZES = (256, 512)
"""Sides of a tile that there are loops for."""

ROOT = 2
"""The way to join responses that takes the root of a sum of squares, as the loop calls it."""

LIKELY = 40.0
"""Ten times the root mean square of the errors that were seen, in units of roundoff."""

EXACT_ALLOWANCE = 0.25
"""How far sums of integers may stray and still be rounded to what they are."""


@dataclass(frozen=True)
class Tiling:
    """Tiles of `size` by `size` in `dtype`."""

    size: int
    dtype: np.dtype[Any]


def plan_fft(
    kernels: Sequence[Weights], request: Request, *, exact: bool, reason: str, side: int
) -> Iterator[Plan]:
    """Yield a plan for every tile that keeps the promised accuracy.

    `exact` says that image, kernels and fill are integers, whose sums have to be exact. Float
    images are promised nothing here: `run` looks at the errors when it has seen the values.
    `side` is the least side of an image that costs are reckoned for.
    """
    rows, columns = request.rows, request.columns
    if rows.stride > 1 or columns.stride > 1 or not all(kernel.any() for kernel in kernels):
        return
    scaled = [kernel * request.scale for kernel in kernels]
    height, width = max(rows.outputs, side), max(columns.outputs, side)
    taps = reason.partition(";")[0]
    for size in SIZES:
        steps = _steps(size, rows, columns)
        if min(steps) < size // 8:
            continue
        for dtype in (np.dtype(np.float32), np.dtype(np.float64)):
            if not _is_accurate(scaled, size, dtype, request, exact):
                continue
            planes = -(-height // steps[0]) * -(-width // steps[1]) * request.channels
            share = (planes + planes % 2) * size * size / (height * width * request.channels)
            cost = share * costs.TRANSFORM[dtype.name, size] * len(kernels)
            why = f"{taps}; transforms of {size}x{size} tiles in {dtype}"
            yield Plan("fft", dtype, exact, why, (), cost, side=size)


def _is_accurate(
    kernels: Sequence[Weights],
    size: int,
    dtype: np.dtype[Any],
    request: Request,
    exact: bool,
) -> bool:
    image_dtype, output_dtype, fill = request.image_dtype, request.output_dtype, request.fill
    single = dtype == np.float32
    # far from the numbers that have fewer bits, in the spectrum and, if the image has them, in sums
    least, most = (1e-25, 1e10) if single else (1e-100, 1e100)
    if not all(least < float(np.abs(kernel).max()) < most for kernel in kernels):
        return False
    if image_dtype.kind == "f":
        return not single or image_dtype == output_dtype == np.float32
    limits = np.iinfo(image_dtype)
    peak = max(-float(limits.min), float(limits.max), abs(fill))
    energy = math.sqrt(2) * size * peak
    proven = proven_error(kernels, size, dtype, energy)
    if exact:
        return proven <= EXACT_ALLOWANCE
    if output_dtype.kind == "f":
        return peak < 1e100 and (not single or output_dtype == np.float32)
    if not single:
        return proven <= ROUNDING_ALLOWANCE[output_dtype.name]
    likely = likely_error(kernels, dtype, peak, peak * _absolute_sum(kernels))
    return likely <= ROUNDING_ALLOWANCE[output_dtype.name]


def proven_error(kernels: Sequence[Weights], size: int, dtype: np.dtype[Any], norm: float) -> float:
    """Return how far an output may be off at most where a complex tile has this 2-norm.

    Where there are several kernels, that is the sum of their errors: no way of joining responses
    makes more of it.
    """
    roundings = 21 * 2 * math.log2(size) + 9
    return roundings * _roundoff(dtype) * norm * _absolute_sum(kernels)


def likely_error(
    kernels: Sequence[Weights], dtype: np.dtype[Any], before: float, after: float
) -> float:
    """Return a distance that errors stay below.

    `before` is the root mean square of a tile, `after` the sum of those of its responses.
    """
    norms = sum(float(np.linalg.norm(kernel)) for kernel in kernels)
    return LIKELY * _roundoff(dtype) * (before * norms + after)


def _absolute_sum(kernels: Sequence[Weights]) -> float:
    return sum(float(np.abs(kernel).sum()) for kernel in kernels)


def _roundoff(dtype: np.dtype[Any]) -> float:
    return float(np.finfo(dtype).eps) / 2


def run(
    image: Array,
    kernels: Sequence[Weights],
    join: int,
    rows: Axis,
    columns: Axis,
    border: Border,
    fill: float,
    offset: float,
    output_dtype: np.dtype[Any],
    tiling: Tiling,
    *,
    exact: bool,
    workers: int,
) -> Array | None:
    """Correlate an image (H, W, C) with kernels; return the rows of outputs (H', W' * C).

    `join` says how responses are joined, as `correlate.join` has it; 0 is for a single one.

    Returns None where NaN or infinity is about, which transforms would carry to outputs that do not
    weigh them, or where float values differ so much in size that small ones might be lost.
    """
    channels, size, dtype = image.shape[2], tiling.size, tiling.dtype
    reader = StripReader(image, rows, columns, border, fill, dtype, reads=False)
    sources = reader.sources(0, rows.outputs)
    transform = _Transform.of(size, dtype)
    dilations = rows.dilation, columns.dilation
    spectra = [transform.spectrum(kernel.tobytes(), kernel.shape, *dilations) for kernel in kernels]
    steps = _steps(size, rows, columns)
    across = -(-columns.outputs // steps[1]) * channels
    planes = -(-rows.outputs // steps[0]) * across
    add = loop("engine.loops.correlate.join", T=dtype) if join else None
    enter = loop("engine.loops.tiles.enter", S=image.dtype, T=dtype)
    leave = loop("engine.loops.tiles.leave", T=dtype, D=output_dtype)
    rounded = output_dtype.kind != "f"
    limits = (np.iinfo(output_dtype).min, np.iinfo(output_dtype).max) if rounded else (0, 0)
    finish = (exact, offset, *limits, rounded)
    takes_root = join == ROOT
    measures = not exact and "f" in (image.dtype.kind, output_dtype.kind)
    output = memory.empty((rows.outputs, reader.output_length), output_dtype)
    bad: list[int] = []
    norms: list[tuple[float, float]] = [(0.0, 0.0)]

    @np.errstate(over="ignore", invalid="ignore")  # where loops run as plain Python
    def work(start: int, stop: int) -> None:
        loaded = transform.empty()
        tile = transform.empty() if join else loaded
        joined = transform.empty() if join else tile
        energies = np.zeros(2 + CHUNK)
        scratch, lines = aligned(512, dtype), aligned(LANES * size, dtype)
        for pair in range(start, stop):
            place = (size, *steps, across, 2 * pair)
            enter(*sources, *place, lines, loaded)
            after = 0.0
            for number, spectrum in enumerate(spectra):
                if add is not None:
                    tile[:] = loaded
                twiddles = transform.twiddles
                transform.correlate(spectrum, *twiddles, scratch, measures, energies, tile)
                after += math.sqrt(energies[1])
                if add is not None:
                    add(tile, int(number == 0), join, joined)
            if takes_root:
                np.sqrt(joined, out=joined)
            norms.append((math.sqrt(energies[0]), after))  # the same for all kernels
            bad.append(leave(joined, channels, *place, *finish, lines, output))

    of_pair = 2 * size * size * costs.TRANSFORM[dtype.name, size] * len(kernels)
    run_bands(-(-planes // 2), of_pair, workers, work)
    if sum(bad):
        return None
    if measures:
        before, after = (max(each) for each in zip(*norms, strict=True))
        if not _stays_within(kernels, tiling, before, after, output, offset):
            return None
    return output


def _steps(size: int, rows: Axis, columns: Axis) -> tuple[int, int]:
    """Return how many outputs a tile gives along rows and columns."""
    return size - rows.reach + 1, size - columns.reach + 1


def _stays_within(
    kernels: Sequence[Weights],
    tiling: Tiling,
    before: float,
    after: float,
    output: Array,
    offset: float,
) -> bool:
    """Tell whether an output from tiles with these 2-norms is accurate enough."""
    size, dtype = tiling.size, tiling.dtype
    if output.dtype.kind != "f":
        return proven_error(kernels, size, dtype, before) <= ROUNDING_ALLOWANCE[output.dtype.name]
    error = likely_error(kernels, dtype, before / size, after / size)
    # no output is larger than the largest sum of absolute products, to which errors relate;
    # the first rows nearly always hold one that is large enough
    smallest = 1e-20 if dtype == np.float32 else 1e-200
    start, stop = 0, 1
    while start < len(output):
        part = output[start:stop]
        largest = max(abs(float(part.min()) - offset), abs(float(part.max()) - offset))
        largest -= abs(offset) * float(np.finfo(output.dtype).eps)
        if largest > smallest and error <= RELATIVE_ALLOWANCE[output.dtype.name] * largest:
            return True
        start, stop = stop, 2 * stop
    return False


@dataclass(frozen=True, eq=False)
class _Transform:
    """The loop for tiles of one size and dtype, and the factors that it needs."""

    size: int
    dtype: np.dtype[Any]
    correlate: Any
    twiddles: tuple[Array, ...]

    @classmethod
    @functools.cache
    def of(cls, size: int, dtype: np.dtype[Any]) -> _Transform:
        correlate = loop(f"engine.loops.fft.correlate_{size}", T=dtype)
        twiddles = [_twiddles(size, size // 64), _twiddles(64, 8), _twiddles(8, 8)]
        return cls(size, dtype, correlate, tuple(t.astype(dtype) for t in twiddles))

    @property
    def plane(self) -> int:
        """Numbers from the real parts of a panel to its imaginary ones."""
        return self.size * LANES + LANES

    def empty(self) -> Array:
        """Return memory for a tile; what lies between the planes is zero and stays so."""
        tile = aligned(self.size // LANES * 2 * self.plane, self.dtype)
        tile[:] = 0
        return tile

    @functools.lru_cache(maxsize=4)  # noqa: B019 - there are as many transforms as tiles
    def spectrum(
        self, kernel: bytes, shape: tuple[int, ...], row_step: int, column_step: int
    ) -> Array:
        """Return the transform of a kernel, conjugate for a correlation, as the loop has it.

        Its rows and columns are in the order in which the stages leave them. It may not be changed.
        The last ones are kept: one takes 1 to 5 ms, in one thread.
        """
        size, radix = self.size, self.size // 64
        rows, columns = shape
        spread = np.zeros(((rows - 1) * row_step + 1, (columns - 1) * column_step + 1))
        spread[::row_step, ::column_step] = np.frombuffer(kernel).reshape(shape)
        place = np.arange(size)
        order = place // 64 + radix * (place // 8 % 8 + 8 * (place % 8))
        product = np.fft.ifft2(spread, (size, size))[np.ix_(order, order)]
        spectrum = self.empty()
        planes = spectrum.reshape(size // LANES, 2, self.plane)[:, :, : size * LANES]
        panels = product.T.reshape(size, -1, LANES).transpose(1, 0, 2).reshape(-1, size * LANES)
        planes[:, 0], planes[:, 1] = panels.real, panels.imag
        return spectrum


def _twiddles(length: int, radix: int) -> Array:
    """Return real and imaginary parts of the factors of a stage, row by row."""
    powers = np.outer(np.arange(length // radix), np.arange(1, radix))
    factors = np.exp(-2j * np.pi / length * powers)
    return np.stack([factors.real, factors.imag], axis=-1).ravel()
