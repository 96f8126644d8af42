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
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from convfilter.engine.correlation.accuracy import DOUBLE, SINGLE
from convfilter.engine.correlation.correlate import Correlation
from convfilter.engine.correlation.layout import Combine
from convfilter.engine.correlation.means import BYTES, TILE, Means, cost_of, place_of, stored, takes
from convfilter.engine.correlation.sides import Side, Sides, arithmetic, sides_of, sum_under
from convfilter.engine.operation import attempt, run_again
from convfilter.engine.planning import record
from convfilter.engine.window import target
from convfilter.engine.window.axes import Outline
from convfilter.engine.window.present import (
    Areas,
    Filled,
    Region,
    Result,
    areas,
    begun,
    count_not_finite,
    in_pieces,
    mask_of,
    replaced,
)
from convfilter.engine.window.source import Part
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import loop
from convfilter.runtime.memory import of_thread
from convfilter.runtime.missing import Present, filled

STRIP_NUMBERS = 1 << 19
"""Numbers of a strip of sums: all that is made of it stays in the caches."""

LEAST_TRANSFORMED = 1e-6
"""Of the sum of weights: beside smaller ones the errors of transforms would show."""

NANOSECONDS = 2.0
"""About what it takes to divide a sum by another and to store it."""


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
    walk = operation.rows, operation.columns, operation.border
    sides, shape = _sides(operation), operation.output_shape
    cost = NANOSECONDS + 3 * operation.plan.cost
    as_ever = operation.plan.cost
    costs: dict[str, Any] = {"nanoseconds": cost, "as_ever": as_ever, "moved": operation.moved}
    found = areas(*walk, mask, fill=present.fill, workers=workers, **costs)
    if not any(sides):  # nothing is missing of a response that is 0
        found = Areas([*found.mixed, *found.empty], [], found.are_few)
    flat = shape[0], shape[1] * shape[2]
    if image.dtype.kind == "f" != operation.dtype.kind:
        operation.check_values(np.where(mask, image, 0))
    output = gaps = None
    if found.are_few:
        output = _beside_gaps(operation, image, mask, found, workers).reshape(flat)
    output, gaps = begun(found, flat, shape[2], operation.dtype, output, workers)
    if found.mixed:
        fills = operation.fill if present.fill else 0.0, float(present.fill)
        how = sides, found.mixed, (image, mask), fills, output, gaps, workers
        is_strange, dtype = _fill(operation, *how)
        if is_strange and dtype == SINGLE:
            # NaN or infinity is there, or float32 overflowed on the way to a finite value
            is_strange, _ = _fill(replace(operation, needs_range=True), *how)
        if is_strange:
            operation.refuse_nan()
        if operation.offset:
            filled(output, gaps, 0)
    reason = f"{operation.size_in_words}, sums divided by the weights of what is there"
    record(replace(operation.plan, reason=reason))
    return output.reshape(shape), gaps.reshape(shape)


def _beside_gaps(
    operation: Correlation, image: Array, mask: Array, found: Areas, workers: int
) -> Array:
    """Return the outputs whose windows see no gap, among others that mean nothing."""
    output, bad = attempt(operation, image, workers)
    if bad and operation.dtype.kind == "f":
        # what stands in gaps may be anything, and reaches its own windows alone
        channels = operation.outline.shape[2]
        bad -= count_not_finite([*found.mixed, *found.empty], output, channels, workers)
    if bad:
        output = run_again(operation, replaced(image, mask, 0, workers), workers)
    return output


def _fill(
    operation: Correlation,
    sides: Sides,
    found: Sequence[Region],
    pixels: tuple[Array, Array],
    fills: tuple[float, float],
    output: Array,
    gaps: Array,
    workers: int,
) -> tuple[bool, np.dtype[Any]]:
    """Put responses and gaps into regions of outputs.

    Returns whether some are NaN or infinite, and the dtype of sums.
    """
    dtype = arithmetic(operation, sides, lambda _, side: side.taps)
    sums = _means(operation, fills)
    cost = sum(mean.cost for each in sums for mean in each)
    strips: Means | _Strips
    if takes(operation, dtype) and cost_of(sides, dtype) < cost:
        strips = Means(operation, sides, dtype, *pixels, fills, workers)
    else:
        strips = _Strips(operation, sums, *pixels, workers)
    return strips.fill(found, output, gaps), strips.dtype


@functools.lru_cache(maxsize=64)
def _sides(operation: Correlation) -> Sides:
    return sides_of(operation)


@functools.lru_cache(maxsize=64)
def _means(operation: Correlation, fills: tuple[float, float]) -> list[list[_Mean]]:
    """Return the means that each kernel is made of, by sums of the engine.

    They are remembered as operations are: to plan them takes as long as to filter a small picture.
    """
    sides = _sides(operation)
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
        self._mask, self._filled = mask, Filled(image, mask, 0)
        self._whole: dict[int, Array] = {}
        everywhere = functools.cache(lambda: replaced(image, mask, 0, workers))
        for mean in (mean for each in means for mean in each):
            if not mean.sums.in_parts:
                self._whole[id(mean.sums)] = run_again(mean.sums, everywhere(), workers)
            if not mean.shares.in_parts:
                self._whole[id(mean.shares)] = run_again(mean.shares, mask, workers)
        self.dtype = next((mean.sums.dtype for each in means for mean in each), DOUBLE)
        only = [mean for each in means for mean in each]
        is_one = len(means) == len(only) == 1 and operation.combine == Combine.NONE
        self._only = only[0] if is_one else None

    def fill(self, found: Sequence[Region], output: Array, gaps: Array) -> bool:
        """Put responses and gaps into regions of outputs; tell if some are NaN or infinite."""
        operation, channels = self._operation, self._operation.outline.shape[2]
        bad: list[int] = []

        def work(piece: Region) -> None:
            where = piece.slices(channels)
            out, places = output[where], place_of(gaps[where])
            if self._only is not None:
                bad.append(self._divide(self._only, piece, out, places))
                return
            lost = of_thread.take("gaps of strip", out.shape, BYTES).array()
            with np.errstate(all="ignore"):
                responses = self._responses(piece, out.shape, lost)
            place = loop("engine.correlation.loops.means.place", T=self.dtype)
            stores = target.record(
                out, self.dtype, offset=operation.offset, finite=operation.is_of_integers
            )
            bad.append(place(stores, responses, lost, *places))

        cost = NANOSECONDS + sum(mean.cost for each in self._means for mean in each)
        in_pieces(found, self._rows_at_once, cost, self._workers, work)
        return sum(bad) > 0

    def _rows_at_once(self, region: Region) -> int:
        channels = self._operation.outline.shape[2]
        width = (region.last_column - region.first_column) * channels
        return max(1, STRIP_NUMBERS // width, 4 * self._operation.rows.reach)

    def _divide(self, mean: _Mean, piece: Region, out: Array, places: tuple[int, int]) -> int:
        """Store means of one side alone."""
        sums, shares = self._sums(mean, piece, out.shape)
        tile = min(TILE, out.shape[1])
        bad: int = loop("engine.correlation.loops.means.divide", T=self.dtype)(
            stored(self._operation, out, self.dtype),
            sums,
            shares,
            mean.total,
            mean.least / 2,
            tile,
            *places,
            of_thread.take("marks", tile, BYTES),
        )
        return bad

    def _sums(self, mean: _Mean, piece: Region, shape: tuple[int, int]) -> tuple[Array, Array]:
        """Return sums and shares of a piece, C-contiguous."""
        operation, channels = self._operation, self._operation.outline.shape[2]
        rows, border = operation.rows, operation.border
        results = []
        for sums, name in ((mean.sums, "sums"), (mean.shares, "shares")):
            out = of_thread.take(f"{name} of strip", shape, sums.dtype).array()
            whole = self._whole.get(id(sums))
            if whole is not None:
                out[:] = whole[piece.slices(channels)]
            else:
                if name == "sums":
                    part, read = self._filled.part(rows, operation.columns, border, piece)
                else:
                    columns = operation.columns.part(piece.first_column, piece.last_column)
                    part, last = Part(self._mask, rows, columns), piece.last_row - 1
                    sources = rows.sources(border)
                    read = sources[piece.first_row * rows.stride : last * rows.stride + rows.reach]
                sums.ready(part).bind(read, out, of_thread)()
            results.append(out)
        return results[0], results[1]

    def _responses(self, piece: Region, shape: tuple[int, int], lost: Array) -> Array:
        """Return combined responses of a piece, and mark those that are missing."""
        combine = self._operation.combine
        response = of_thread.take("response of strip", shape, self.dtype).array()
        add_mean = loop("engine.correlation.loops.means.add_mean", T=self.dtype)
        combined = None
        lost[:] = 0
        for means in self._means:
            response[:] = 0
            for mean in means:
                sums, shares = self._sums(mean, piece, shape)
                flat = (each.reshape(-1) for each in (sums, shares))
                factors = mean.total, mean.least / 2
                add_mean(*flat, *factors, response.reshape(-1), lost.reshape(-1))
            combined = _combined(combined, response, combine)
        assert combined is not None
        if combine == Combine.L2 and self.dtype == SINGLE:
            combined = np.sqrt(combined).astype(SINGLE)
        return combined


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
