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

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from convfilter.engine.correlation.accuracy import (
    DOUBLE,
    RELATIVE_ALLOWANCE,
    ROUNDING_ALLOWANCE,
    SINGLE,
    UNIT_ROUNDOFF,
)
from convfilter.engine.correlation.correlate import Correlation
from convfilter.engine.correlation.factors import Weights
from convfilter.engine.correlation.layout import Combine
from convfilter.engine.operation import run_again
from convfilter.engine.planning import record
from convfilter.engine.window import target
from convfilter.engine.window.axes import Outline
from convfilter.engine.window.present import (
    Region,
    Result,
    mask_of,
    regions,
    replaced,
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

LEAST_IN_SINGLE = 1e-20
"""Of the sum of weights: smaller ones would leave the range of float32."""

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


def over_present(operation: Correlation, image: Array, present: Present, workers: int) -> Result:
    """Carry out a correlation over what is there of an image (H, W, C)."""
    mask = mask_of(present)
    whole = replaced(image, mask, 0, workers)
    operation.check_values(whole)
    shape = operation.output_shape
    flat = shape[0], shape[1] * shape[2]
    found = regions(operation.rows, operation.columns, operation.border, present)
    gaps = np.zeros(flat, np.bool_)
    if share_of_outputs(operation.rows, operation.columns, found) < MOST_ALONE:
        output = run_again(operation, whole, workers).reshape(flat)
    else:
        height, width = shape[:2]
        found = [Region(0, height, 0, width)]
        output = memory.empty(flat, operation.dtype)
    if found:
        means = _means(operation, present.fill)
        strips = _Strips(operation, means, whole, mask, workers)
        for region in found:
            strips.fill(region, output, gaps)
    reason = f"{operation.plan.reason}; of what is there"
    record(replace(operation.plan, reason=reason))
    return output.reshape(shape), gaps.reshape(shape)


def _means(operation: Correlation, fill_is_there: bool) -> list[list[_Mean]]:
    """Return the means that each kernel is made of."""
    sides = [_sides(operation, kernel) for kernel in operation.kernels]
    dtype = _arithmetic(operation, sides)
    return [[_mean(operation, side, dtype, fill_is_there) for side in each] for each in sides]


class _Side(NamedTuple):
    """The weights of one sign, without it, and what their sum counts for."""

    weights: Weights
    total: float


def _sides(operation: Correlation, kernel: Weights) -> list[_Side]:
    found = []
    for sign in (1.0, -1.0):
        weights = np.maximum(sign * kernel, 0)
        if not weights.any():
            continue
        total = float(weights.sum())
        unit = 1.0
        if not operation.is_of_integers or not math.isfinite(total):
            # no sum of products is beyond the range of the values
            unit = 2.0 ** -max(-1000, min(1000, math.frexp(float(weights.max()))[1]))
            unit /= 2.0 ** math.frexp(float((weights * unit).sum()))[1]
            weights = weights * unit
            total = float(weights.sum())
        found.append(_Side(weights, sign * total * (operation.scale / unit)))
    return found


def _mean(operation: Correlation, side: _Side, dtype: np.dtype[Any], fill_is_there: bool) -> _Mean:
    least = float(side.weights[side.weights > 0].min())
    transforms = least > LEAST_TRANSFORMED * side.weights.sum() and dtype == DOUBLE
    transforms = transforms and operation.outline.dtype != DOUBLE
    of_side = _sum(operation, side, dtype)
    if not fill_is_there:
        of_side = replace(of_side, fill=0.0)
    sums = _planned(of_side, transforms)
    outline = Outline(operation.outline.shape, BYTES)
    shares = replace(sums, outline=outline, fill=float(fill_is_there), only_sums=False)
    return _Mean(side.total, least, sums, _planned(shares, transforms))


def _sum(operation: Correlation, side: _Side, dtype: np.dtype[Any]) -> Correlation:
    """Return the sum of products with the weights of a side."""
    return replace(
        operation,
        kernels=(side.weights,),
        combine=Combine.NONE,
        scale=1.0,
        offset=0.0,
        dtype=dtype,
    )


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


def _arithmetic(operation: Correlation, sides: Sequence[Sequence[_Side]]) -> np.dtype[Any]:
    """Return the dtype of sums that are divided by each other, and of what is made of them."""
    image, result = operation.outline.dtype, operation.dtype
    if DOUBLE in (image, result) or (image, result.kind == "f") == (SINGLE, False):
        return DOUBLE
    if max(abs(operation.fill), abs(operation.offset)) > 1e30 or operation.in_lengths:
        return DOUBLE
    error = 0.0
    for side in (side for each in sides for side in each):
        least = float(side.weights[side.weights > 0].min())
        if least < LEAST_IN_SINGLE * side.weights.sum() or not 1e-25 < abs(side.total) < 1e25:
            return DOUBLE
        sums = _sum(operation, side, SINGLE)
        depth = 0
        if not (sums.is_integer and sums.largest < 2.0**24):
            if sums.plan.algorithm == "fft":
                return DOUBLE
            down, along = sums.rows.window, 2 * sums.columns.window.bit_length()
            of_box = down + along if sums.plan.algorithm == "box" else 0
            kernels = (factors for _, each, _ in sums.factorings for factors in each)
            depth = max(of_box, *(factors.depth for factors in kernels))
        error += (2 * depth + 6) * UNIT_ROUNDOFF * abs(side.total)
    whole = sum(abs(side.total) for each in sides for side in each)
    if result.kind == "f":
        return SINGLE if error <= RELATIVE_ALLOWANCE["float32"] * whole else DOUBLE
    lowest, highest = np.iinfo(image).min, np.iinfo(image).max
    peak = max(-float(lowest), float(highest), abs(operation.fill))
    bound = error * peak + 2 * UNIT_ROUNDOFF * abs(operation.offset)
    return SINGLE if bound <= ROUNDING_ALLOWANCE[result.name] else DOUBLE


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
        self._dtype = next((mean.sums.dtype for each in means for mean in each), DOUBLE)

    def fill(self, region: Region, output: Array, gaps: Array) -> None:
        """Put responses and gaps into a region of outputs."""
        channels = self._operation.outline.shape[2]
        columns = slice(region.first_column * channels, region.last_column * channels)
        width = columns.stop - columns.start
        reads = self._reads(region, columns)
        at_once = max(1, STRIP_NUMBERS // width, self._operation.rows.reach)

        def work(start: int, stop: int) -> None:
            for first in range(region.first_row + start, region.first_row + stop, at_once):
                last = min(first + at_once, region.first_row + stop)
                with np.errstate(all="ignore"):
                    none = gaps[first:last, columns]
                    rows = self._responses(reads, first, last, width, none)
                target.storing(rows, output)(first, columns.start)

        cost = NANOSECONDS + sum(
            mean.sums.plan.cost + mean.shares.plan.cost for each in self._means for mean in each
        )
        run_bands(region.last_row - region.first_row, width * cost, self._workers, work)

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
        response = of_thread.take("response of strip", shape, self._dtype).array()
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
        if combine == Combine.L2 and self._dtype == SINGLE:
            combined = np.sqrt(combined).astype(SINGLE)
        if self._operation.offset:
            combined += self._dtype.type(self._operation.offset)
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
    return np.divide(shares.dtype.type(mean.total), shares)


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
            return np.abs(response) if before is None else np.hypot(before, response, out=before)
        case Combine.MAX:
            return response.copy() if before is None else np.maximum(before, response, out=before)
    sizes = np.abs(response)
    if before is None:
        return sizes
    return (np.maximum if combine == Combine.MAX_ABS else np.add)(before, sizes, out=before)
