"""Correlation over what is there: normalised convolution.

A weighted mean counts the pixels that are there, and no others: the sum of their products is
divided by the sum of their weights (Knutsson and Westin, *Normalized and differential
convolution*, 1993). What a kernel of one sign gives is such a mean times the sum of its weights;
where nothing is missing, that is the sum of products. A kernel with weights of both signs is the
difference of two means, that under its positive weights and that under its negative ones, and each
is taken of what is there. So an even area stays even beside a gap, and the rim of what is there is
no edge. A response is missing where one of its means has nothing, and so is what is combined of it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from convfilter.engine.correlation.accuracy import DOUBLE, SINGLE
from convfilter.engine.correlation.correlate import Correlation
from convfilter.engine.correlation.layout import Combine
from convfilter.engine.correlation.means import Means, are_strange, cost_of, takes
from convfilter.engine.correlation.sides import Side, Sides, arithmetic, sides_of, sum_under
from convfilter.engine.operation import attempt, run_again
from convfilter.engine.planning import record
from convfilter.engine.window import target
from convfilter.engine.window.axes import Outline
from convfilter.engine.window.present import (
    Region,
    Result,
    mask_of,
    regions,
    replaced,
    rows_read,
    share_of_outputs,
)
from convfilter.engine.window.source import Part
from convfilter.runtime import memory
from convfilter.runtime.checks import Array
from convfilter.runtime.memory import of_thread
from convfilter.runtime.missing import Present
from convfilter.runtime.threads import run_bands

STRIP_NUMBERS = 1 << 17
"""Numbers of a strip of sums: all that is made of it stays in the caches."""

LEAST_TRANSFORMED = 1e-6
"""Of the sum of weights: beside smaller ones the errors of transforms would show."""

MOST_ALONE = 0.5
"""Where fewer outputs see a gap, all others are computed as ever."""

NANOSECONDS = 1.0
"""About what it takes to divide a sum by another and to store it."""

BYTES = np.dtype(np.uint8)


@dataclass(frozen=True)
class _Mean:
    """The weights of one sign of a kernel.

    Attributes
    ----------
    total : their sum, with its sign and the scale of the responses
    least : the smallest of them, without its sign
    sums, shares : sums the values under them, and the weights of those that are there
    """

    total: float
    least: float
    sums: Correlation
    shares: Correlation

    @property
    def cost(self) -> float:
        """About how many nanoseconds an output takes."""
        return NANOSECONDS + self.sums.plan.cost + self.shares.plan.cost


def over_present(operation: Correlation, image: Array, present: Present, workers: int) -> Result:
    """Carry out a correlation over what is there of an image (H, W, C)."""
    mask = mask_of(present)
    rows, columns, border = operation.rows, operation.columns, operation.border
    found = regions(rows, columns, border, mask, fill=present.fill)
    shape = operation.output_shape
    flat = shape[0], shape[1] * shape[2]
    gaps = memory.empty(flat, np.bool_)
    gaps[:] = False
    if share_of_outputs(rows, columns, found) < MOST_ALONE:
        output = _beside_gaps(operation, image, mask, found, workers).reshape(flat)
    else:
        found = [Region(0, shape[0], 0, shape[1])]
        output = memory.empty(flat, operation.dtype)
    needed = rows_read(rows, border, found)
    whole = functools.cache(lambda: replaced(image, mask, 0, workers, needed))
    if image.dtype.kind == "f" != operation.dtype.kind:
        operation.check_values(np.where(mask, image, 0))
    if found:
        fills = operation.fill if present.fill else 0.0, float(present.fill)
        how = found, (image, mask), whole, fills, output, gaps, workers
        is_strange, dtype = _fill(operation, *how)
        if is_strange and dtype == SINGLE:
            # NaN or infinity is there, or float32 overflowed on the way to a finite value
            _fill(replace(operation, needs_range=True), *how)
        elif is_strange:
            operation.refuse_nan()
    reason = f"{operation.size_in_words}, sums divided by the weights of what is there"
    record(replace(operation.plan, reason=reason))
    return output.reshape(shape), gaps.reshape(shape)


def _beside_gaps(
    operation: Correlation, image: Array, mask: Array, found: Sequence[Region], workers: int
) -> Array:
    """Return the outputs whose windows see no gap, among others that mean nothing."""
    output, bad = attempt(operation, image, workers)
    channels = operation.outline.shape[2]
    if bad and operation.dtype.kind == "f":
        # what stands in gaps may be anything, and reaches its own windows alone
        for top, bottom, left, right in found:
            part = output[top:bottom, left * channels : right * channels]
            bad -= part.size - int(np.count_nonzero(np.isfinite(part)))
    if bad:
        output = run_again(operation, replaced(image, mask, 0, workers), workers)
    return output


def _fill(
    operation: Correlation,
    found: Sequence[Region],
    pixels: tuple[Array, Array],
    whole: Callable[[], Array],
    fills: tuple[float, float],
    output: Array,
    gaps: Array,
    workers: int,
) -> tuple[bool, np.dtype[Any]]:
    """Put responses and gaps into regions of outputs.

    Returns whether some are NaN or infinite, and the dtype of sums.
    """
    image, mask = pixels
    sides = sides_of(operation)
    dtype = arithmetic(operation, sides, lambda _, side: side.taps)
    sums = _means(operation, sides, fills)
    cost = sum(mean.cost for each in sums for mean in each)
    strips: Means | _Strips
    if takes(operation, dtype) and cost_of(sides, dtype) < cost:
        strips = Means(operation, sides, dtype, image, mask, fills, workers)
    else:
        strips = _Strips(operation, sums, whole(), mask, workers)
    strange = [strips.fill(region, output, gaps) for region in found]
    return any(strange), strips.dtype


def _means(operation: Correlation, sides: Sides, fills: tuple[float, float]) -> list[list[_Mean]]:
    """Return the means that each kernel is made of, by sums of the engine."""
    dtype = arithmetic(operation, sides, _depth)
    return [[_mean(operation, side, dtype, fills) for side in each] for each in sides]


def _depth(sums: Correlation, side: Side) -> int | None:
    """Return how many roundings the longest path to a sum meets; None for transforms."""
    algorithm = _planned(sums, transforms=False).plan.algorithm
    if algorithm == "fft":
        return None
    if algorithm == "box":
        return sums.rows.window + 2 * sums.columns.window.bit_length()
    ways = {name: kernels for name, kernels, _ in sums.factorings}
    return max(factors.depth for factors in ways.get(algorithm, ways["direct"]))


def _mean(
    operation: Correlation, side: Side, dtype: np.dtype[Any], fills: tuple[float, float]
) -> _Mean:
    transforms = side.least > LEAST_TRANSFORMED * side.weights.sum() and dtype == DOUBLE
    transforms = transforms and operation.outline.dtype != DOUBLE
    fill, share_of_fill = fills
    sums = replace(sum_under(operation, side, dtype), fill=fill)
    outline = Outline(operation.outline.shape, BYTES)
    shares = replace(sums, outline=outline, fill=float(share_of_fill))
    return _Mean(side.total, side.least, _planned(sums, transforms), _planned(shares, transforms))


def _planned(operation: Correlation, transforms: bool) -> Correlation:
    """Return the operation, with sums of products unless another way pays and is accurate enough.

    Sums of what is positive are off by a share of themselves, however few of the weights count.
    Transforms are off by a share of what is around.
    """
    by_sums = replace(operation, only_sums=True)
    if operation.in_parts:
        return operation
    if operation.plan.algorithm == "fft" and not (transforms or operation.plan.exact):
        return by_sums
    # for the whole image at once: what comes of it goes through memory
    return operation if operation.plan.cost + NANOSECONDS < by_sums.plan.cost else by_sums


Read = Callable[[int, int, str], Array]
"""Returns rows of sums: from a first output row to that after the last; the name tells memory."""


class _Reads(NamedTuple):
    mean: _Mean
    sums: Read
    shares: Read


class _Strips:
    """Responses made strip by strip of sums and shares, which stay in the caches."""

    def __init__(
        self,
        operation: Correlation,
        means: Sequence[Sequence[_Mean]],
        image: Array,
        mask: Array,
        workers: int,
    ) -> None:
        self._operation = operation
        self._means = means
        self._workers = workers
        self._image, self._mask = image, mask
        self._whole: dict[int, Array] = {}
        for mean in (mean for each in means for mean in each):
            for sums, pixels in ((mean.sums, image), (mean.shares, mask)):
                if not sums.in_parts:
                    self._whole[id(sums)] = run_again(sums, pixels, workers)
        self.dtype = next((mean.sums.dtype for each in means for mean in each), DOUBLE)

    def fill(self, region: Region, output: Array, gaps: Array) -> bool:
        """Put responses and gaps into a region of outputs; tell if some are NaN or infinite."""
        channels = self._operation.outline.shape[2]
        columns = slice(region.first_column * channels, region.last_column * channels)
        width = columns.stop - columns.start
        reads = self._reads(region, columns)
        strange: list[bool] = []
        at_once = max(1, STRIP_NUMBERS // width, self._operation.rows.reach)

        def work(start: int, stop: int) -> None:
            for first in range(region.first_row + start, region.first_row + stop, at_once):
                last = min(first + at_once, region.first_row + stop)
                with np.errstate(all="ignore"):
                    none = gaps[first:last, columns]
                    rows = self._responses(reads, first, last, width, none)
                strange.append(are_strange(self._operation, rows))
                target.storing(rows, output)(first, columns.start)

        cost = NANOSECONDS + sum(mean.cost for each in self._means for mean in each)
        run_bands(region.last_row - region.first_row, width * cost, self._workers, work)
        return any(strange)

    def _reads(self, region: Region, columns: slice) -> list[list[_Reads]]:
        """Return by what the rows of all sums and shares are read."""
        axis = self._operation.columns.part(region.first_column, region.last_column)
        sources = self._operation.rows.sources(self._operation.border)

        def reading(sums: Correlation, image: Array) -> Read:
            whole = self._whole.get(id(sums))
            if whole is not None:
                return lambda first, last, name: whole[first:last, columns]
            ready = sums.ready(Part(image, sums.rows, axis))
            step, reach, width = sums.rows.stride, sums.rows.reach, columns.stop - columns.start

            def rows(first: int, last: int, name: str) -> Array:
                out = of_thread.take(name, (last - first, width), sums.dtype).array()
                read = sources[first * step : (last - 1) * step + reach]
                ready.bind(read, out, of_thread)()
                return out

            return rows

        return [
            [
                _Reads(each, reading(each.sums, self._image), reading(each.shares, self._mask))
                for each in means
            ]
            for means in self._means
        ]

    def _responses(
        self,
        reads: Sequence[Sequence[_Reads]],
        first: int,
        last: int,
        width: int,
        gaps: Array,
    ) -> Array:
        """Return combined responses of some rows, 0 where they are missing, and mark these."""
        shape, combine = (last - first, width), self._operation.combine
        response = of_thread.take("response of strip", shape, self.dtype).array()
        combined = None
        for means in reads:
            if not means:  # no weights at all
                response[:] = 0
            for number, (mean, sums, shares) in enumerate(means):
                factors = _factors(mean, shares(first, last, "shares of strip"), gaps)
                values = sums(first, last, "sums of strip")
                np.multiply(values, factors, out=response if number == 0 else values)
                if number:
                    response += values
            combined = _combined(combined, response, combine)
        assert combined is not None
        if combine == Combine.L2 and self.dtype == SINGLE:
            combined = np.sqrt(combined).astype(SINGLE)
        if self._operation.offset:
            combined += self.dtype.type(self._operation.offset)
        if gaps.any():
            combined[gaps] = 0
        return combined


def _factors(mean: _Mean, shares: Array, gaps: Array) -> Array:
    """Return by what sums become responses, and mark those of which nothing is there."""
    nothing = shares < mean.least / 2
    if nothing.any():
        gaps |= nothing
        shares = np.where(nothing, shares.dtype.type(1), shares)
    # where all is there the quotient is that of equal numbers, and sums stay exact
    factors: Array = np.divide(shares.dtype.type(mean.total), shares)
    return factors


def _combined(before: Array | None, response: Array, combine: int) -> Array:
    """Return the responses so far, combined with those of one more kernel.

    Lengths in float32 are squares in float64 on the way, which hold all of them.
    """
    match combine:
        case Combine.NONE:
            return response
        case Combine.L2 if response.dtype == SINGLE:
            squares = np.multiply(response, response, dtype=DOUBLE)
            return squares if before is None else np.add(before, squares, out=before)
        case Combine.L2:
            if before is None:
                return np.abs(response)
            nan = np.isnan(before) | np.isnan(response)
            combined = np.hypot(before, response, out=before)
            combined[nan] = np.nan  # beside which infinity is nothing, but to hypot
            return combined
        case Combine.MAX:
            return response.copy() if before is None else np.maximum(before, response, out=before)
    sizes = np.abs(response)
    if before is None:
        return sizes
    return (np.maximum if combine == Combine.MAX_ABS else np.add)(before, sizes, out=before)
