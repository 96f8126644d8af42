"""Which arithmetic keeps the promised accuracy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from convfilter.engine.correlation.correlate import Correlation
from convfilter.engine.correlation.factors import Factors
from convfilter.engine.correlation.layout import Combine

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
