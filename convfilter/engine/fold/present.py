"""Maxima, minima and means of what is there in each window.

Gaps hold what never wins, and add nothing to a sum. A mean is divided by the taps that count less
the gaps among them. Where a window holds nothing the result is missing.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from convfilter.engine.fold.fold import Fold, Means
from convfilter.engine.operation import run_again
from convfilter.engine.planning import record
from convfilter.engine.window import target
from convfilter.engine.window.axes import Axis, Outline
from convfilter.engine.window.present import Result, mask_of, replaced
from convfilter.runtime.checks import Array, limits_of
from convfilter.runtime.missing import Present

BYTES, DOUBLE = np.dtype(np.uint8), np.dtype(np.float64)


def over_present(operation: Fold, image: Array, present: Present, workers: int) -> Result:
    """Fold what is there of an image (H, W, C)."""
    mask = mask_of(present)
    record(replace(operation.plan, reason=f"{operation.plan.reason}; of what is there"))
    if operation.means is not None:
        return _means(operation, image, mask, workers)
    if operation.outline.dtype.kind == "f":
        last = -np.inf if operation.reduce == "max" else np.inf
    else:
        last = limits_of(operation.dtype)[operation.reduce == "min"]
    whole = replaced(image, mask, last, workers)
    fill = operation.fill if present.fill else last
    output = run_again(replace(operation, fill=fill), whole, workers)
    output = output.reshape(operation.output_shape)
    if not (output == last).any():
        return output, np.zeros(output.shape, np.bool_)
    # what has won nothing may be a value of the image as well
    outline = Outline(operation.outline.shape, BYTES)
    seen = replace(operation, outline=outline, dtype=BYTES, reduce="max", fill=int(present.fill))
    gaps = run_again(seen, mask, workers).reshape(output.shape) == 0
    if gaps.any():
        output[gaps] = 0
    return output, gaps


def _means(operation: Fold, image: Array, mask: NDArray[np.uint8], workers: int) -> Result:
    means, shape = operation.means, operation.output_shape
    assert means is not None
    total = run_again(_sum(operation, means.sums), replaced(image, mask, 0, workers), workers)
    outline = Outline(operation.outline.shape, BYTES)
    counted = _sum(replace(operation, outline=outline), np.dtype(np.int32))
    there = run_again(counted, mask, workers).reshape(shape)
    taps = _outer(
        np.frombuffer(means.row_counts, np.int64), np.frombuffer(means.column_counts, np.int64)
    )
    if operation.over_channels is None:
        # of the taps that count, those that are no padding
        inside = _outer(_inside(operation.rows), _inside(operation.columns))
        divisor = taps - inside + there
    else:
        divisor = there
    gaps = there == 0
    quotient = total.reshape(shape) / np.where(gaps, 1, divisor)
    quotient[gaps] = 0
    return target.rounded_to(operation.dtype, quotient, workers), gaps


def _sum(operation: Fold, sums: np.dtype[np.generic]) -> Fold:
    """Return the sums of windows, as means of windows that all count one tap."""
    assert operation.means is not None
    ones = (
        np.ones(len(counts) // 8, np.int64)
        for counts in (operation.means.row_counts, operation.means.column_counts)
    )
    return replace(operation, means=Means.of(sums, DOUBLE, *ones), dtype=DOUBLE, fill=0)


def _outer(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(rows[:, np.newaxis, np.newaxis] * columns[:, np.newaxis])


def _inside(axis: Axis) -> NDArray[np.int64]:
    """Return how many taps of each window lie within the image."""
    taps = np.arange(axis.window) * axis.dilation - axis.before
    places = np.arange(axis.outputs)[:, np.newaxis] * axis.stride + taps
    return np.asarray(((places >= 0) & (places < axis.size)).sum(axis=1))
