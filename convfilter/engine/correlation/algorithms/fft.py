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
Their root mean square is below 2.1 u times ``rms(z) |k|_2 + rms(y)``, 1.3 u nearly always;
`likely_error` takes LIKELY times u where the image holds integers. Exact integers are promised on
proven errors alone.

**Floats.** The error is about the same all over a tile, but each output is promised to be as
accurate as its own neighbourhood asks for. So every pair of tiles is judged by what it holds: by
its 2-norms, and by the least that the sums of absolute products can be near any output
(`cells.py`). A pair that float32 is not enough for, since dark regions lie beside bright ones, is
done again in float64; what that cannot do either, as beside a pixel of 1e20, by sums of products.
Windows of zeros give exactly zero. Where all weights have one sign and all pixels of a pair too, no
result has the other.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from convfilter.engine.correlation import costs
from convfilter.engine.correlation.accuracy import (
    DOUBLE,
    RELATIVE_ALLOWANCE,
    ROUNDING_ALLOWANCE,
    SINGLE,
)
from convfilter.engine.correlation.cells import Cells, cells_of, joined
from convfilter.engine.correlation.correlate import Correlation
from convfilter.engine.correlation.factors import Weights
from convfilter.engine.correlation.layout import Combine
from convfilter.engine.correlation.rectangle import by_products
from convfilter.engine.correlation.transform import LANES, Room, Transform
from convfilter.engine.planning import Plan, forced, least_side
from convfilter.engine.window.axes import Axis
from convfilter.engine.window.source import Part, Source
from convfilter.runtime import memory
from convfilter.runtime.checks import Array, limits_of
from convfilter.runtime.compiled import is_rehearsal, loop
from convfilter.runtime.threads import run_bands

SIZES = (256, 512)
"""Sides of a tile that there are loops for."""

LEAST_TAPS = 64
"""Kernels with fewer weights are never worth a transform."""

LIKELY = 40.0
"""Thirty times the usual root mean square of errors, in units of roundoff."""

LIKELY_IN_TILE = 16.0
"""The same for errors beside those of a few roundings of the output itself.

Twelve times the usual root mean square, and eight times the largest that was measured.
"""

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
    outputs that do not weigh them.
    """
    rows, columns, channels = operation.rows.outputs, operation.columns.outputs, image.shape[2]
    output = memory.empty((rows, columns * channels), operation.dtype)
    work = _Work(operation, image, size, dtype, output)
    of_pair = 2 * size * size * costs.TRANSFORM[dtype.name, size] * len(operation.kernels)
    run_bands(-(-work.planes // 2), of_pair, workers, work)
    return output, output.size if work.bad else 0


class _Work:
    """Correlates pairs of planes of tiles."""

    def __init__(
        self,
        operation: Correlation,
        image: Array,
        size: int,
        dtype: np.dtype[Any],
        output: Array,
    ) -> None:
        part = Part(image, operation.rows, operation.columns)
        self._source = source = Source(part, operation.border, operation.fill, dtype)
        self._operation, self._image, self._output = operation, image, output
        self._size, self._dtype = size, dtype
        self._rows = source.row_sources(0, source.rows.outputs)
        self._padded = source.plane_record(self._rows)
        self._transform = Transform.of(size, dtype)
        shape = operation.scaled[0].shape
        kernels = [kernel.tobytes() for kernel in operation.scaled]
        dilations = source.rows.dilation, source.columns.dilation
        self._spectra = [self._transform.spectrum(kernel, shape, *dilations) for kernel in kernels]
        self._steps = _steps(size, source.rows, source.columns)
        self._across = -(-source.columns.outputs // self._steps[1]) * source.channels
        self.planes = -(-source.rows.outputs // self._steps[0]) * self._across
        self.bad: list[int] = []  # something in it leaves all to sums of products
        self._channels: dict[int, Array] = {}
        self._several = operation.combine != Combine.NONE
        kinds = source.image_dtype.kind, output.dtype.kind
        self._measures = not operation.is_integer and "f" in kinds
        self._cells: Cells | None = None
        if self._measures and output.dtype.kind == "f":
            axes = source.rows, source.columns
            self._cells = cells_of(*axes, tuple(kernels), shape, operation.combine, size)
        self._norms = [float(np.linalg.norm(kernel)) for kernel in operation.scaled]
        self._sign = _sign(operation)
        self._target = operation.target(output, dtype)
        self._add = (
            loop("engine.correlation.loops.sums.combine", T=dtype) if self._several else None
        )
        self._correlate = loop("engine.correlation.loops.fft.correlate", T=dtype)
        self._enter = loop("engine.correlation.loops.tiles.enter", T=dtype)
        self._judge = loop("engine.correlation.loops.tiles.judge", T=dtype)
        self._leave = loop("engine.correlation.loops.tiles.leave", T=dtype)

    @np.errstate(over="ignore", invalid="ignore")  # where loops run as plain Python
    def __call__(self, start: int, stop: int) -> None:
        """Correlate those pairs, each in the first way that is accurate enough for it."""
        room = Room.of(self._operation, self._transform, self._cells)
        for pair in range(start, stop):
            if self.bad:
                return
            if not self._correlate_pair(pair, room):
                self._again(pair)

    def _correlate_pair(self, pair: int, room: Room) -> bool:
        """Correlate a pair of planes; tell whether that was accurate enough."""
        size, cells, spectra = self._size, self._cells, self._spectra
        place = (size, *self._steps, self._across, 2 * pair)
        cell_rows = cells.shape[0] if cells is not None else 0
        entered = cell_rows, room.sums, room.ends, room.lines, room.loaded
        self._enter(self._padded, self._rows.size, *place, *entered)
        blanks: list[tuple[int, Array, tuple[int, int]]] = []
        least = 0.0
        if cells is not None:
            room.found[:] = math.inf, 0.0
            for part in range(min(2, self.planes - 2 * pair)):
                top, left, _ = self._place(2 * pair + part)
                blank, needed = np.empty(cells.number, np.uint8), cells.needed(top, left)
                sums = room.sums[part * len(room.sums) // 2 :][: len(room.sums) // 2]
                bounds = *cells.bounds(top, left), *cells.reach
                shape = size, *cells.shape, *needed
                count = self._judge(
                    sums, *shape, *bounds, room.few, room.cells, room.cell_lines, blank, room.found
                )
                if count == -1:
                    if self._dtype == DOUBLE:
                        self.bad.append(1)
                    return self._dtype == DOUBLE
                if count:
                    blanks.append((part, blank, needed))
            least = self._allowed(float(room.found[0]))
            if self._error(math.sqrt(room.found[1]) / size, [0.0] * len(spectra)) > least:
                return False
        afters, tile = [], room.tile
        for number, spectrum in enumerate(spectra):
            if self._several:
                tile[:] = room.loaded
            work = size, self._measures, room.energies, tile
            self._correlate(spectrum, *self._transform.twiddles, *work)
            afters.append(math.sqrt(room.energies[1]) / size)
            if self._add is not None:
                self._add(tile, int(number == 0), self._operation.combine, room.combined)
        if self._measures and not is_rehearsal():
            before = math.sqrt(room.energies[0])
            if cells is not None:
                error = self._error(before / size, afters)
            else:
                error = proven_error(self._operation.scaled, size, self._dtype, before)
                least = ROUNDING_ALLOWANCE[self._output.dtype.name]
            if not error <= least:
                return False
        for part, blank, needed in blanks:
            assert cells is not None
            clear = loop("engine.correlation.loops.tiles.clear", T=self._dtype)
            clear(blank, *needed, *cells.shape, size, part, room.combined)
        shape = *self._output.shape, self._source.channels
        finish = self._operation.is_integer, *self._range(room.ends), room.lines
        rows = room.target, room.rows.view(np.uint8).reshape(-1)
        bad = self._leave(room.combined, self._target, *shape, *place, *finish, *rows)
        if bad:
            self.bad.append(bad)
        return True

    def _place(self, plane: int) -> tuple[int, int, int]:
        """Return the first output row and column of a plane, and its channel."""
        top, across = divmod(plane, self._across)
        left, channel = divmod(across, self._source.channels)
        return top * self._steps[0], left * self._steps[1], channel

    def _allowed(self, least: float) -> float:
        """Return the error allowed where sums of absolute products are at least so large."""
        smallest = 1e-20 if self._dtype == SINGLE else 1e-200
        if least < smallest:
            return 0.0
        allowance = RELATIVE_ALLOWANCE[self._output.dtype.name]
        return allowance * (least + abs(self._operation.offset))

    def _error(self, before: float, afters: Sequence[float]) -> float:
        """Return a distance that errors stay below; `before` and `afters` are root mean squares."""
        errors = [before * norm + after for norm, after in zip(self._norms, afters, strict=True)]
        unit = LIKELY_IN_TILE * _roundoff(self._dtype)
        return unit * joined(errors, self._operation.combine)

    def _range(self, ends: Array) -> tuple[float, float]:
        """Return what no result leaves: one side of zero, if all numbers are of one sign."""
        if self._cells is None or not self._sign:
            return -math.inf, math.inf
        sides = (-math.inf, 0.0), (0.0, math.inf)
        if ends[:LANES].min() >= 0:
            return sides[self._sign > 0]
        if ends[LANES:].max() <= 0:
            return sides[self._sign < 0]
        return -math.inf, math.inf

    def _again(self, pair: int) -> None:
        """Correlate a pair in float64, or, if that was not enough, by sums of products.

        Where not even float64 can hold the sums of a cell, all is left to these.
        """
        if self._dtype == SINGLE:
            self._in_double(pair, pair + 1)
            return
        for plane in range(2 * pair, min(2 * pair + 2, self.planes)):
            top, left, channel = self._place(plane)
            output = self._output.reshape(len(self._output), -1, self._source.channels)
            wanted = output[top : top + self._steps[0], left : left + self._steps[1], channel]
            by_products(self._operation, self._channel(channel), top, left, wanted)

    @functools.cached_property
    def _in_double(self) -> _Work:
        work = _Work(self._operation, self._image, self._size, DOUBLE, self._output)
        work.bad = self.bad
        return work

    def _channel(self, channel: int) -> Array:
        pixels = self._channels.get(channel)
        if pixels is None:
            pixels = np.ascontiguousarray(self._image[:, :, channel : channel + 1])
            self._channels[channel] = pixels
        return pixels


def _sign(operation: Correlation) -> int:
    """Return 1 or -1 where all weights of a single kernel have that sign or are zero, else 0."""
    kernel = operation.scaled[0]
    if operation.combine != Combine.NONE:
        return 0
    return int(kernel.min() >= 0) - int(kernel.max() <= 0)


def _steps(size: int, rows: Axis, columns: Axis) -> tuple[int, int]:
    """Return how many outputs a tile gives along rows and columns."""
    return size - rows.reach + 1, size - columns.reach + 1
