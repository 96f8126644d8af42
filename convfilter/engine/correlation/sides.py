"""The weights of each sign of a kernel, and the arithmetic for means under them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
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
from convfilter.runtime.checks import limits_of

LEAST_IN_SINGLE = 1e-20
"""Of the sum of weights: smaller ones would leave the range of float32."""

MOST_IN_SINGLE = 1e25
"""Sums of weights beyond it, or as small, are left to float64."""


class Side(NamedTuple):
    """The weights of one sign of a kernel, without it.

    Attributes
    ----------
    weights : of the kernel's shape, those of the other sign 0
    total : their sum, with its sign and the scale of the responses
    """

    weights: Weights
    total: float

    @property
    def least(self) -> float:
        """The smallest weight that counts."""
        return float(self.weights[self.weights > 0].min())

    @property
    def taps(self) -> int:
        """How many weights count."""
        return int(np.count_nonzero(self.weights))


Sides = Sequence[Sequence[Side]]
"""The sides of each kernel: one or two, none of a kernel of zeros."""


def sides_of(operation: Correlation) -> Sides:
    """Return the sides of all kernels."""
    return [[*_sides(operation, kernel)] for kernel in operation.kernels]


def _sides(operation: Correlation, kernel: Weights) -> Iterator[Side]:
    for sign in (1.0, -1.0):
        weights = np.maximum(sign * kernel, 0)
        if not weights.any():
            continue
        total, unit = float(weights.sum()), 1.0
        if not operation.is_of_integers or not math.isfinite(total):
            # no sum of products is beyond the range of the values
            unit = 2.0 ** -max(-1000, min(1000, math.frexp(float(weights.max()))[1]))
            unit /= 2.0 ** math.frexp(float((weights * unit).sum()))[1]
            weights = weights * unit
            total = float(weights.sum())
        yield Side(weights, sign * total * (operation.scale / unit))


def sum_under(operation: Correlation, side: Side, dtype: np.dtype[Any]) -> Correlation:
    """Return the operation that sums the products with the weights of a side."""
    plain: dict[str, Any] = {"combine": Combine.NONE, "scale": 1.0, "offset": 0.0, "dtype": dtype}
    return replace(operation, kernels=(side.weights,), **plain)


def arithmetic(
    operation: Correlation, sides: Sides, depth_of: Callable[[Correlation, Side], int | None]
) -> np.dtype[Any]:
    """Return the dtype of sums that are divided by each other, and of what is made of them.

    Both are off by a share of themselves alone, since no product is negative. `depth_of` returns
    how many roundings the longest path to a sum in float32 meets, None for one that is off by more.
    """
    image, result = operation.outline.dtype, operation.dtype
    if (
        operation.needs_range
        or DOUBLE in (image, result)
        or (image, result.kind == "f") == (SINGLE, False)
    ):
        return DOUBLE
    if max(abs(operation.fill), abs(operation.offset)) > 1e30:
        return DOUBLE
    error = 0.0
    for side in (side for each in sides for side in each):
        is_small = side.least < LEAST_IN_SINGLE * side.weights.sum()
        if is_small or not 1 / MOST_IN_SINGLE < abs(side.total) < MOST_IN_SINGLE:
            return DOUBLE
        sums = sum_under(operation, side, SINGLE)
        is_exact = sums.is_integer and sums.largest < 2.0**24
        if operation.is_integer and not is_exact:
            return DOUBLE  # what sees no gap is exact
        depth = 0 if is_exact else depth_of(sums, side)
        if depth is None:
            return DOUBLE
        error += (2 * depth + 6) * UNIT_ROUNDOFF * abs(side.total)
    if result.kind == "f":
        whole = sum(abs(side.total) for each in sides for side in each)
        return SINGLE if error <= RELATIVE_ALLOWANCE["float32"] * whole else DOUBLE
    lowest, highest = limits_of(image)
    peak = max(-float(lowest), float(highest), abs(operation.fill))
    bound = error * peak + 2 * UNIT_ROUNDOFF * abs(operation.offset)
    return SINGLE if bound <= ROUNDING_ALLOWANCE[result.name] else DOUBLE
