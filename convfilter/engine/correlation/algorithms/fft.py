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

from convfilter.engine.correlation import costs
from convfilter.engine.correlation.accuracy import (
    DOUBLE,
    RELATIVE_ALLOWANCE,
    ROUNDING_ALLOWANCE,
    SINGLE,
)
from convfilter.engine.correlation.correlate import Correlation
from convfilter.engine.correlation.factors import Weights
from convfilter.engine.correlation.layout import LEAST_SQUARED, Combine
from convfilter.engine.planning import Plan, forced, least_side
from convfilter.engine.window.axes import Axis
from convfilter.engine.window.source import Part, Source
from convfilter.runtime import memory
from convfilter.runtime.checks import Array, limits_of
from convfilter.runtime.compiled import loop
from convfilter.runtime.memory import aligned
from convfilter.runtime.threads import run_bands

LANES = 16
"""Columns of a panel, as the loops have it."""

SIZES = (256, 512)
"""Sides of a tile that there are loops for."""

LEAST_TAPS = 64
"""Kernels with fewer weights are never worth a transform."""

LIKELY = 40.0
"""Ten times the root mean square of the errors that were measured, in units of roundoff."""

FAINT = 2.0**20
"""The root mean square of responses that are to be squared is at least as many of the least."""

EXACT_ALLOWANCE = 0.25
"""How far sums of integers may stray and still be rounded to what they are."""


def ways(operation: Correlation) -> Iterator[Plan]:
    """Yield a plan for every tile that keeps the promised accuracy.

    Float images are promised nothing here: the errors are looked at when the values are there.
    """
    rows, columns, kernels = operation.rows, operation.columns, operation.scaled
    if operation.needs_range or operation.only_sums or rows.stride > 1 or columns.stride > 1:
        return
    weights = sum(int(np.count_nonzero(kernel)) for kernel in kernels)
    if (weights < LEAST_TAPS and not forced.get()) or not all(kernel.any() for kernel in kernels):
        return
    # integers whose sums may pass 2**53 are rounded as sums of products are, and not otherwise
    if operation.is_integer and not (
        operation.combine != Combine.L2 and operation.largest < 2.0**53
    ):
        return
    side = least_side.get()
    height, width = max(rows.outputs, side), max(columns.outputs, side)
    channels = operation.outline.shape[2]
    for size in SIZES:
        steps = _steps(size, rows, columns)
        if min(steps) < size // 8:
            continue
        for dtype in (SINGLE, DOUBLE):
            if not _is_accurate(operation, size, dtype):
                continue
            planes = -(-height // steps[0]) * -(-width // steps[1]) * channels
            share = (planes + planes % 2) * size * size / (height * width * channels)
            cost = share * costs.TRANSFORM[dtype.name, size] * len(kernels)
            tiles = f"{size}x{size}"
            taps = f"{operation.size_in_words}, {weights} taps other than zero"
            yield Plan(
                "fft",
                dtype,
                operation.is_integer,
                f"{taps}; transforms of {tiles} tiles in {dtype}",
                cost,
                run=functools.partial(_run, size, dtype),
                detail=f" of {tiles}",
                any_values=False,
            )


def _is_accurate(operation: Correlation, size: int, dtype: np.dtype[Any]) -> bool:
    kernels, output_dtype = operation.scaled, operation.dtype
    single = dtype == SINGLE
    # far from the numbers that have fewer bits, in the spectrum and in sums of floats
    least, most = (1e-25, 1e10) if single else (1e-100, 1e100)
    if not all(least < float(np.abs(kernel).max()) < most for kernel in kernels):
        return False
    if not operation.is_of_integers:
        return not single or operation.outline.dtype == output_dtype == SINGLE
    lowest, highest = limits_of(operation.outline.dtype)
    peak = max(-float(lowest), float(highest), abs(operation.fill))
    energy = math.sqrt(2) * size * peak
    proven = proven_error(kernels, size, dtype, energy)
    if operation.is_integer:
        return proven <= EXACT_ALLOWANCE
    if output_dtype.kind == "f":
        return peak < 1e100 and (not single or output_dtype == SINGLE)
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


def _run(
    size: int, dtype: np.dtype[Any], operation: Correlation, image: Array, workers: int
) -> tuple[Array, int]:
    """Return the rows of outputs (H', W' * C), and how many of them could not be computed.

    Those are all of them where the image holds NaN or infinity, which transforms would carry to
    outputs that do not weigh them, or where float values differ so much in size that small ones
    might be lost.
    """
    part = Part(image, operation.rows, operation.columns)
    source = Source(part, operation.border, operation.fill, dtype)
    output = memory.empty((source.rows.outputs, source.output_length), operation.dtype)
    work = _Work(operation, source, size, output)
    of_pair = 2 * size * size * costs.TRANSFORM[dtype.name, size] * len(operation.kernels)
    run_bands(-(-work.planes // 2), of_pair, workers, work)
    return output, output.size if not work.is_accurate() else 0


class _Work:
    """Correlates pairs of planes of tiles."""

    def __init__(self, operation: Correlation, source: Source, size: int, output: Array) -> None:
        dtype = source.dtype
        self._operation, self._source, self._output = operation, source, output
        self._size, self._dtype = size, dtype
        self._rows = source.row_sources(0, source.rows.outputs)
        self._transform = _Transform.of(size, dtype)
        dilations = source.rows.dilation, source.columns.dilation
        self._spectra = [
            self._transform.spectrum(kernel.tobytes(), kernel.shape, *dilations)
            for kernel in operation.scaled
        ]
        self._steps = _steps(size, source.rows, source.columns)
        self._across = -(-source.columns.outputs // self._steps[1]) * source.channels
        self.planes = -(-source.rows.outputs // self._steps[0]) * self._across
        kinds = source.image_dtype.kind, output.dtype.kind
        self._measures = not operation.is_integer and "f" in kinds
        self._faint = LEAST_SQUARED[dtype.name] * FAINT * size
        self._bad: list[int] = []
        self._norms: list[tuple[float, float]] = [(0.0, 0.0)]
        self._several = operation.combine != Combine.NONE
        self._add = (
            loop("engine.correlation.loops.sums.combine", T=dtype) if self._several else None
        )
        self._correlate = loop("engine.correlation.loops.fft.correlate", T=dtype)
        self._enter = loop("engine.correlation.loops.tiles.enter", T=dtype)
        self._leave = loop("engine.correlation.loops.tiles.leave", T=dtype)

    @np.errstate(over="ignore", invalid="ignore")  # where loops run as plain Python
    def __call__(self, start: int, stop: int) -> None:
        """Correlate those pairs."""
        operation, source, output = self._operation, self._source, self._output
        size, transform = self._size, self._transform
        padded = source.plane_record(self._rows)
        rows = np.empty((LANES, size), output.dtype)  # of one channel, before it joins the others
        targets = operation.target(output, self._dtype), operation.target(rows, self._dtype)
        loaded = transform.empty()
        tile = transform.empty() if self._several else loaded
        combined = transform.empty() if self._several else tile
        energies = np.zeros(2)
        lines = aligned(LANES * size, self._dtype)
        for pair in range(start, stop):
            place = (size, *self._steps, self._across, 2 * pair)
            self._enter(padded, self._rows.size, *place, lines, loaded)
            after = 0.0
            for number, spectrum in enumerate(self._spectra):
                if self._several:
                    tile[:] = loaded
                work = size, self._measures, energies, tile
                self._correlate(spectrum, *transform.twiddles, *work)
                after += math.sqrt(energies[1])
                if self._add is not None:
                    self._add(tile, int(number == 0), operation.combine, 0.0, combined)
            if self._measures and operation.combine == Combine.L2 and after < self._faint:
                self._bad.append(int(loaded.any()))  # squares would lose digits
            self._norms.append((math.sqrt(energies[0]), after))  # the same for all kernels
            shape = (*output.shape, source.channels)
            finish = operation.is_integer, lines, targets[1], rows.view(np.uint8).reshape(-1)
            self._bad.append(self._leave(combined, targets[0], *shape, *place, *finish))

    def is_accurate(self) -> bool:
        """Tell whether all is as promised, once all pairs are done."""
        if sum(self._bad):
            return False
        if not self._measures:
            return True
        before, after = (max(each) for each in zip(*self._norms, strict=True))
        return _stays_within(self._operation, self._size, self._dtype, before, after, self._output)


def _steps(size: int, rows: Axis, columns: Axis) -> tuple[int, int]:
    """Return how many outputs a tile gives along rows and columns."""
    return size - rows.reach + 1, size - columns.reach + 1


def _stays_within(
    operation: Correlation,
    size: int,
    dtype: np.dtype[Any],
    before: float,
    after: float,
    output: Array,
) -> bool:
    """Tell whether an output from tiles with these 2-norms is accurate enough."""
    kernels, offset = operation.scaled, operation.offset
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
    """What the loop for tiles of one size and dtype needs: factors and spectra."""

    size: int
    dtype: np.dtype[Any]
    twiddles: tuple[Array, ...]

    @classmethod
    @functools.cache
    def of(cls, size: int, dtype: np.dtype[Any]) -> _Transform:
        twiddles = _twiddles(size, size // 64), _twiddles(64, 8)
        return cls(size, dtype, tuple(t.astype(dtype) for t in twiddles))

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
        The last ones are cached: one takes 1 to 5 ms, in one thread.
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
