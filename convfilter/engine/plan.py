"""Which algorithm serves a call, in which arithmetic, and why."""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from convfilter.engine.schedule import Schedule, Taps, Weights

Algorithm = Literal[
    "direct",
    "separable",
    "box",
    "network",
    "search",
    "histogram",
    "ranks",
    "selection",
    "shifts",
]
UNIT_ROUNDOFF = 2.0**-24
"""Half the distance from 1 to the next float32."""

ROUNDING_ALLOWANCE = {"uint8": 0.015, "uint16": 0.08, "int16": 0.08}
"""How far float32 sums may stray before an integer result is rounded."""

RELATIVE_ALLOWANCE = 0.9e-5
"""How far float32 sums may stray from a float result, relative to the sum of absolute products."""


LARGEST_KEPT = 1 << 16
"""Bytes of kernels whose plan is remembered."""


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
    may_run: bool = False,
) -> Plan:
    """Choose algorithm and arithmetic for kernels of one shape (rows, columns).

    `needs_range` asks for float64 sums because float32 ones overflowed; `takes_root` says that a
    square root of the sums follows, which is exact in neither; `may_run` that the sums of a box may
    run, since its windows are dense and nothing is joined. The plans of small kernels are kept:
    factoring a kernel takes longer than filtering a small image with it.
    """
    rest = (image_dtype, output_dtype, scale, offset, fill, needs_range, takes_root, may_run)
    if sum(kernel.nbytes for kernel in kernels) > LARGEST_KEPT:
        return _make_plan(kernels, *rest)
    return _kept_plan(tuple((kernel.tobytes(), kernel.shape) for kernel in kernels), *rest)


@functools.lru_cache(maxsize=64)
def _kept_plan(kernels: tuple[tuple[bytes, tuple[int, ...]], ...], *rest: Any) -> Plan:
    return _make_plan([np.frombuffer(data).reshape(shape) for data, shape in kernels], *rest)


def _make_plan(
    kernels: Sequence[Weights],
    image_dtype: np.dtype[Any],
    output_dtype: np.dtype[Any],
    scale: float,
    offset: float,
    fill: float,
    needs_range: bool,
    takes_root: bool,
    may_run: bool,
) -> Plan:
    integer = (
        image_dtype.kind in "ui"
        and scale == 1
        and offset == math.floor(offset)
        and fill == math.floor(fill)
        and all(np.array_equal(kernel, np.rint(kernel)) for kernel in kernels)
    )
    if (
        may_run
        and not needs_range
        and kernels[0].size > 1
        and kernels[0].flat[0] != 0
        and np.ptp(kernels[0]) == 0
    ):
        return _box(kernels[0], image_dtype, output_dtype, scale, offset, integer)
    schedules = tuple(Schedule.of(kernel * scale, integer) for kernel in kernels)
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


def _box(
    kernel: Weights,
    image_dtype: np.dtype[Any],
    output_dtype: np.dtype[Any],
    scale: float,
    offset: float,
    integer: bool,
) -> Plan:
    """Plan a kernel of equal weights: sums are integers, one line turns each into a result."""
    rows, columns = kernel.shape
    why = f"{rows}x{columns} of equal weights: sums run down the columns"
    schedules = (Schedule(Taps.of(kernel)),)
    if image_dtype.kind == "f":
        return Plan("box", np.dtype(np.float64), False, f"{why}, in float64", schedules)
    limits = np.iinfo(image_dtype)
    total = float(np.abs(kernel).sum()) * abs(scale)
    bound = total * max(-float(limits.min), float(limits.max)) + abs(offset)
    if integer:
        single = bound < 2.0**24
    elif output_dtype.kind == "f":
        single = output_dtype == np.float32 and 1e-25 < total < 1e25 and abs(offset) < 1e30
    else:
        single = 4 * UNIT_ROUNDOFF * bound <= ROUNDING_ALLOWANCE[output_dtype.name]
    accumulator = np.dtype(np.float32 if single else np.float64)
    exact = integer and bound < 2.0**53
    return Plan("box", accumulator, exact, f"{why}, whole; scaled in {accumulator}", schedules)


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
    absolute = [schedule.absolute_sum for schedule in schedules]
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
