"""Plans of sums of products: which factors, in which arithmetic."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from convfilter.engine import costs
from convfilter.engine.plan import (
    RELATIVE_ALLOWANCE,
    ROUNDING_ALLOWANCE,
    UNIT_ROUNDOFF,
    Algorithm,
    Plan,
    Request,
)
from convfilter.engine.schedule import Schedule, Weights

INT16, SINGLE, DOUBLE = np.dtype(np.int16), np.dtype(np.float32), np.dtype(np.float64)


def is_integer(kernels: Sequence[Weights], request: Request) -> bool:
    """Tell whether all sums are integers, which have to be exact below 2**53."""
    return (
        request.image_dtype.kind in "ui"
        and request.scale == 1
        and request.offset == math.floor(request.offset)
        and request.fill == math.floor(request.fill)
        and all(np.array_equal(kernel, np.rint(kernel)) for kernel in kernels)
    )


def plan_sums(kernels: Sequence[Weights], request: Request) -> Iterator[Plan]:
    """Yield the plans that keep the promised accuracy; there is at least one."""
    integer = is_integer(kernels, request)
    direct = tuple(Schedule.direct(kernel * request.scale) for kernel in kernels)
    factored = tuple(
        Schedule.factored(kernel * request.scale, integer) or alone
        for kernel, alone in zip(kernels, direct, strict=True)
    )
    rows, columns = kernels[0].shape
    size = (
        f"{len(kernels)} kernels of {rows}x{columns}" if len(kernels) > 1 else f"{rows}x{columns}"
    )
    dense = sum(schedule.taps for schedule in direct)
    ways: list[tuple[Algorithm, tuple[Schedule, ...], str]] = []
    if any(schedule.along_rows is not None for schedule in factored):
        taps = sum(schedule.taps for schedule in factored)
        why = f"{size} of rank 1: {taps} taps by rows and columns instead of {dense}"
        ways.append(("separable", factored, why))
    taps_named = f"{dense} tap{'' if dense == 1 else 's'}"
    ways.append(("direct", direct, f"{size}, {taps_named} other than zero"))
    for algorithm, schedules, why in ways:
        for dtype, exact, arithmetic in _accumulators(schedules, request, integer):
            cost = costs.of_sums(schedules, dtype.name, request.is_dense)
            if request.image_dtype.kind == "f":  # few images are
                from convfilter.engine.direct import is_served

                if is_served(request, schedules, dtype):
                    cost = costs.NINE[dtype.name]
            yield Plan(algorithm, dtype, exact, f"{why}; {arithmetic}", schedules, cost)


def _accumulators(
    schedules: Sequence[Schedule], request: Request, integer: bool
) -> Iterator[tuple[np.dtype[Any], bool, str]]:
    """Yield the dtypes that sums may have, whether no sum is rounded, and why."""
    image_dtype, output_dtype = request.image_dtype, request.output_dtype
    takes_root = request.combine == "l2"
    absolute = [schedule.absolute_sum for schedule in schedules]
    peak = 0.0
    if image_dtype.kind != "f":
        limits = np.iinfo(image_dtype)
        peak = max(-float(limits.min), float(limits.max), abs(request.fill))
    bound = sum(absolute) * peak + abs(request.offset)
    why_double = "they may pass 2**24" if integer else "float32 ones might round too much"
    yield from _integers(absolute, bound, request, integer)
    if request.needs_range:
        why_double = "float32 ones went beyond their range"
    elif not (integer or 1e-25 < max(absolute) < 1e25) or (
        max(abs(request.fill), abs(request.offset)) > 1e30
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
        error = max(schedule.depth for schedule in schedules) * UNIT_ROUNDOFF
        if output_dtype.kind == "f":
            fits = error <= RELATIVE_ALLOWANCE["float32"]
        else:
            fits = error * bound <= ROUNDING_ALLOWANCE[output_dtype.name]
        if fits:
            yield SINGLE, False, "float32 sums: their rounding stays within the allowance"
            why_double = "they round less"
    exact = integer and not takes_root and bound < 2.0**53
    yield DOUBLE, exact, f"float64 sums: {why_double}"


def _integers(
    absolute: Sequence[float], bound: float, request: Request, integer: bool
) -> Iterator[tuple[np.dtype[Any], bool, str]]:
    """Yield 16-bit integers where they hold all sums of bytes."""
    takes_root = request.combine == "l2"
    keeps_root = takes_root and request.output_dtype.kind == "f"
    of_bytes = integer and request.image_dtype == np.uint8 and not keeps_root
    if of_bytes and not request.needs_range and bound < 2.0**15 and min(absolute) > 0:
        yield INT16, not takes_root, "16-bit integer sums, exact: they stay below 2**15"
