"""Which algorithm serves a call, in which arithmetic, and why."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Algorithm = Literal[
    "direct",
    "separable",
    "fft",
    "doubling",
    "network",
    "histogram",
    "ranks",
    "selection",
    "shifts",
]
Weights = NDArray[np.float64]

UNIT_ROUNDOFF = 2.0**-24
"""Half the distance from 1 to the next float32."""

ROUNDING_ALLOWANCE = {"uint8": 0.015, "uint16": 0.08, "int16": 0.08}
"""How far float32 sums may stray before an integer result is rounded."""

RELATIVE_ALLOWANCE = 0.9e-5
"""How far float32 sums may stray from a float result, relative to the sum of absolute products."""

TAPS_PER_PASS = 8
"""Taps that the loops add up before they touch the output row."""


@dataclass(frozen=True, eq=False)
class Taps:
    """The weights other than zero of a kernel or of one factor of it."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    weights: Weights

    @classmethod
    def of(cls, kernel: Weights) -> Taps:
        """Collect the weights other than zero of a kernel (rows, columns)."""
        rows, columns = np.nonzero(kernel)
        return cls(rows.astype(np.int64), columns.astype(np.int64), kernel[rows, columns])

    def __len__(self) -> int:
        return int(self.weights.size)

    @property
    def depth(self) -> int:
        """Roundings that the longest path through the sum meets, at most."""
        return -(-len(self) // TAPS_PER_PASS) + 6


@dataclass(frozen=True, eq=False)
class Schedule:
    """How a kernel is applied: all taps at once, or first down the columns, then along rows."""

    along_rows: Taps
    down_columns: Taps | None = None

    @property
    def algorithm(self) -> Algorithm:
        """The name of the algorithm."""
        return "direct" if self.down_columns is None else "separable"

    @property
    def taps(self) -> int:
        """Multiplications for each output."""
        return len(self.along_rows) + (0 if self.down_columns is None else len(self.down_columns))

    @property
    def depth(self) -> int:
        """Roundings that the longest path meets, at most."""
        return self.along_rows.depth + (0 if self.down_columns is None else self.down_columns.depth)


@dataclass(frozen=True, eq=False)
class Plan:
    """What a call will do.

    `algorithm` names the way, `accumulator` the dtype of the sums, `exact` says that no sum is ever
    rounded, `reason` tells the choice in one line.
    """

    algorithm: Algorithm
    accumulator: np.dtype[Any]
    exact: bool
    reason: str
    schedules: tuple[Schedule, ...]


def make_plan(
    kernels: Sequence[Weights],
    *,
    image_dtype: np.dtype[Any],
    output_dtype: np.dtype[Any],
    scale: float,
    offset: float,
    fill: float,
    needs_range: bool = False,
    takes_root: bool = False,
) -> Plan:
    """Choose algorithm and arithmetic for kernels of one shape (rows, columns).

    `needs_range` asks for float64 sums because float32 ones overflowed; `takes_root` says that a
    square root of the sums follows, which is exact in neither.
    """
    integer = is_integer(kernels, image_dtype, scale, offset, fill)
    schedules = tuple(_schedule(kernel * scale, integer) for kernel in kernels)
    accumulator, exact, arithmetic = _accumulator(
        schedules, image_dtype, output_dtype, offset, fill, integer, needs_range, takes_root
    )
    rows, columns = kernels[0].shape
    taps = sum(schedule.taps for schedule in schedules)
    dense = sum(int(np.count_nonzero(kernel)) for kernel in kernels)
    separable = sum(schedule.algorithm == "separable" for schedule in schedules)
    size = (
        f"{len(kernels)} kernels of {rows}x{columns}" if len(kernels) > 1 else f"{rows}x{columns}"
    )
    if separable:
        algorithm: Algorithm = "separable"
        why = f"{size} of rank 1: {taps} taps by columns and rows instead of {dense}"
    else:
        algorithm = "direct"
        why = f"{size}, {taps} tap{'' if taps == 1 else 's'} other than zero"
    return Plan(algorithm, accumulator, exact, f"{why}; {arithmetic}", schedules)


def is_integer(
    kernels: Sequence[Weights], image_dtype: np.dtype[Any], scale: float, offset: float, fill: float
) -> bool:
    """Tell whether all sums are integers, which have to be exact below 2**53."""
    return (
        image_dtype.kind in "ui"
        and scale == 1
        and offset == math.floor(offset)
        and fill == math.floor(fill)
        and all(np.array_equal(kernel, np.rint(kernel)) for kernel in kernels)
    )


def _schedule(kernel: Weights, integer: bool) -> Schedule:
    direct = Taps.of(kernel)
    factors = _factor(kernel, integer) if min(kernel.shape) > 1 else None
    if factors is None:
        return Schedule(direct)
    column, row = factors
    separable = Schedule(Taps.of(row[np.newaxis, :]), Taps.of(column[:, np.newaxis]))
    return separable if separable.taps < len(direct) else Schedule(direct)


def _factor(kernel: Weights, integer: bool) -> tuple[Weights, Weights] | None:
    """Return (column, row) whose outer product is the kernel, or None where there is no such pair.

    Zeros stay exact zeros, so that a value under a zero weight reaches no sum. Integers are
    factored into integers.
    """
    pivot_row, pivot_column = np.unravel_index(np.argmax(np.abs(kernel)), kernel.shape)
    row = kernel[pivot_row]
    if not row.any():
        return None
    if integer:
        if np.abs(kernel).max() >= 2.0**53:
            return None
        divisor = math.gcd(*(int(abs(weight)) for weight in row))
        row = row / divisor
        column = kernel[:, pivot_column] / row[pivot_column]
        if not np.array_equal(column, np.rint(column)):
            return None
        return (column, row) if np.array_equal(np.outer(column, row), kernel) else None
    column = kernel[:, pivot_column] / kernel[pivot_row, pivot_column]
    # a column that sums to one keeps the values between the two passes within the image's range
    column_sum = np.abs(column).sum()
    column, row = column / column_sum, row * column_sum
    product = np.outer(column, row)
    close = np.abs(product - kernel).max() <= 2.0**-50 * np.abs(kernel).max()
    same_zeros = np.array_equal(product != 0, kernel != 0)
    return (column, row) if close and same_zeros else None


def _accumulator(
    schedules: Sequence[Schedule],
    image_dtype: np.dtype[Any],
    output_dtype: np.dtype[Any],
    offset: float,
    fill: float,
    integer: bool,
    needs_range: bool,
    takes_root: bool,
) -> tuple[np.dtype[Any], bool, str]:
    single, double = np.dtype(np.float32), np.dtype(np.float64)
    absolute = [_absolute_sum(schedule) for schedule in schedules]
    if needs_range:
        return double, False, "float64 sums: float32 ones went beyond their range"
    if not (integer or 1e-25 < max(absolute) < 1e25) or max(abs(fill), abs(offset)) > 1e30:
        return double, False, "float64 sums: numbers near the end of the range of float32"
    if image_dtype.kind == "f":
        if image_dtype == double or output_dtype != single:
            return double, False, f"float64 sums: {image_dtype} in, {output_dtype} out"
        peak = 0.0
    else:
        limits = np.iinfo(image_dtype)
        peak = max(-float(limits.min), float(limits.max), abs(fill))
    bound = sum(absolute) * peak + abs(offset)
    keeps_root = takes_root and output_dtype.kind == "f"
    of_bytes = integer and image_dtype == np.uint8 and not keeps_root
    if of_bytes and bound < 2.0**15 and min(absolute) > 0:
        why = "16-bit integer sums, exact: they stay below 2**15"
        return np.dtype(np.int16), not takes_root, why
    if takes_root and output_dtype == double:
        return double, False, "float64 sums: float64 out"
    if integer and bound < 2.0**24:
        return single, not takes_root, "float32 sums, exact: they stay below 2**24"
    if integer:
        return (
            double,
            bound < 2.0**53 and not takes_root,
            "float64 sums: they may pass 2**24",
        )
    depth = max(schedule.depth for schedule in schedules)
    error = depth * UNIT_ROUNDOFF
    if output_dtype == double:
        return double, False, "float64 sums: float64 out"
    if output_dtype == single:
        fits = error <= RELATIVE_ALLOWANCE
    else:
        fits = error * bound <= ROUNDING_ALLOWANCE[output_dtype.name]
    if fits:
        return single, False, "float32 sums: their rounding stays within the allowance"
    return double, False, "float64 sums: float32 ones might round too much"


def _absolute_sum(schedule: Schedule) -> float:
    total = float(np.abs(schedule.along_rows.weights).sum())
    if schedule.down_columns is not None:
        total *= float(np.abs(schedule.down_columns.weights).sum())
    return total


_trace: ContextVar[list[Plan] | None] = ContextVar("convfilter_plans", default=None)


@contextlib.contextmanager
def recorded_plans() -> Iterator[list[Plan]]:
    """Collect the plans of all calls of the engine inside the block."""
    plans: list[Plan] = []
    token = _trace.set(plans)
    try:
        yield plans
    finally:
        _trace.reset(token)


def record(plan: Plan) -> None:
    """Keep a plan for whoever asked to see it."""
    plans = _trace.get()
    if plans is not None:
        plans.append(plan)
