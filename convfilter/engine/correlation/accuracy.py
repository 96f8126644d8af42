"""Which arithmetic keeps the promised accuracy."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from convfilter.engine.correlation.correlate import Correlation
from convfilter.engine.correlation.factors import Factors, Weights
from convfilter.engine.correlation.layout import Combine
from convfilter.engine.window.axes import Axis

UNIT_ROUNDOFF = 2.0**-24
"""Half the distance from 1 to the next float32."""

ROUNDING_ALLOWANCE = {"uint8": 0.015, "uint16": 0.08, "int16": 0.08}
"""How far float sums may stray before an integer result is rounded."""

RELATIVE_ALLOWANCE = {"float32": 0.9e-5, "float64": 0.9e-12}
"""How far float results may stray, relative to the largest sum of absolute products."""

SINGLE, DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


def float_sums(
    operation: Correlation, kernels: Sequence[Factors]
) -> Iterator[tuple[np.dtype[Any], bool, str]]:
    """Yield the dtypes that sums of products may have, whether none is rounded, and why."""
    integer, takes_root = operation.is_integer, operation.combine == Combine.L2
    image_dtype, output_dtype = operation.outline.dtype, operation.dtype
    absolute = [factors.absolute_sum for factors in kernels]
    bound = operation.largest
    why_double = "they may pass 2**24" if integer else "float32 ones might round too much"
    if operation.needs_range:
        why_double = "float32 ones went beyond their range"
    elif not (integer or 1e-25 < max(absolute) < 1e25) or (
        max(abs(operation.fill), abs(operation.offset)) > 1e30
    ):
        why_double = "numbers near the end of the range of float32"
    elif image_dtype.kind == "f" and (image_dtype, output_dtype) != (SINGLE, SINGLE):
        why_double = f"{image_dtype} in, {output_dtype} out"
    elif output_dtype == DOUBLE and (takes_root or not integer):
        why_double = "float64 out"
    elif integer and bound < 2.0**24:
        yield SINGLE, not takes_root, "float32 sums, exact: they stay below 2**24"
        why_double = "they are exact as well"
    elif not integer:
        error = max(factors.depth for factors in kernels) * UNIT_ROUNDOFF
        if output_dtype.kind == "f":
            fits = error <= RELATIVE_ALLOWANCE["float32"]
        else:
            fits = error * bound <= ROUNDING_ALLOWANCE[output_dtype.name]
        if fits:
            yield SINGLE, False, "float32 sums: their rounding stays within the allowance"
            why_double = "they round less"
    exact = integer and not takes_root and bound < 2.0**53
    yield DOUBLE, exact, f"float64 sums: {why_double}"


LIKELY = 40.0
"""Thirty times the usual root mean square of errors, in units of roundoff."""

LIKELY_IN_TILE = 16.0
"""The same for errors beside those of a few roundings of the output itself.

Twelve times the usual root mean square, and eight times the largest that was measured.
"""

LIKELY_OF_PEAK = 8.0
"""The same beside the largest response to a single pixel: twice the largest that was measured."""


def proven_error(kernels: Sequence[Weights], size: int, dtype: np.dtype[Any], norm: float) -> float:
    """Return how far an output may be off at most where a complex tile has this 2-norm.

    Where there are several kernels, that is the sum of their errors: no way of joining responses
    makes more of it.
    """
    roundings = 21 * 2 * math.log2(size) + 9
    return roundings * roundoff(dtype) * norm * absolute_sum(kernels)


def likely_error(
    kernels: Sequence[Weights], dtype: np.dtype[Any], before: float, after: float
) -> float:
    """Return a distance that errors stay below.

    `before` is the root mean square of a tile, `after` the sum of those of its responses.
    """
    norms = sum(float(np.linalg.norm(kernel)) for kernel in kernels)
    return LIKELY * roundoff(dtype) * (before * norms + after)


def absolute_sum(kernels: Sequence[Weights]) -> float:
    """Return the sum of the absolute weights of all kernels."""
    return sum(float(np.abs(kernel).sum()) for kernel in kernels)


def roundoff(dtype: np.dtype[Any]) -> float:
    """Return half the distance from 1 to the next number."""
    return float(np.finfo(dtype).eps) / 2


def steps_of_tile(size: int, rows: Axis, columns: Axis) -> tuple[int, int]:
    """Return how many outputs a tile gives along rows and columns."""
    return size - rows.reach + 1, size - columns.reach + 1
