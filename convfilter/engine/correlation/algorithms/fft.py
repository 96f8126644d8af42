"""Correlation with large kernels by fast Fourier transforms of tiles (overlap-save).

The padded image is cut into square tiles that overlap by the reach of the kernel less one. A
transform makes of the correlation with a kernel a product, number by number; what wraps round at
the end of a tile is left out, and the rest of all tiles together is the result. Two real tiles are
one complex one: kernels are real, so both parts stay apart. The tiles lie at fixed places of the
output, which makes the result independent of the number of threads.

**Errors**, u being the unit roundoff, n the numbers of a tile, z the tile, k the kernel and y the
result. A transform of n numbers with twiddles exact to u is off by at most ``7 u log2(n)`` times
its 2-norm (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., theorem 24.2, for
radix 2; radices 4 and 8 take a part of its multiplications), and no number of the spectrum of a
kernel by more than as much times ``sum|k|``. There and back, with the spectrum and the product
between, no output is off by more than ``(21 log2(n) + 9) u |z|_2 sum|k|``: `proven_error`.

That allows all errors of a tile to gather in a single output. Rounding errors do not: they spread
over the tile and grow with the square root of the number of steps (Schatzman, *Accuracy of the
discrete Fourier transform and the fast Fourier transform*, SIAM J. Sci. Comput. 17, 1996; Higham
and Mary, *A new approach to probabilistic rounding error analysis*, SIAM J. Sci. Comput. 41, 2019).
Their root mean square is below 2.1 u times ``rms(z) |k|_2 + rms(y)``, 1.3 u nearly always;
`likely_error` takes LIKELY times u where the image holds integers. Exact integers are promised on
proven errors alone.

**Floats.** The error is about the same all over a tile, but each output is promised to be as
accurate as its own neighbourhood asks for. So every pair of tiles is judged by what it holds: by
its 2-norms, and by the least that the sums of absolute products can be near any output
(`cells.py`). A pair that float32 is not enough for, since dark regions lie beside bright ones, is
done again in float64; what that cannot do either, as beside a pixel of 1e20, by sums of products.
Windows of zeros give exactly zero. Where all weights have one sign and all pixels of a pair too, no
result has the other.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from convfilter.engine.correlation import costs
from convfilter.engine.correlation.accuracy import (
    DOUBLE,
    ROUNDING_ALLOWANCE,
    SINGLE,
    absolute_sum,
    likely_error,
    proven_error,
    steps_of_tile,
)
from convfilter.engine.correlation.correlate import Correlation
from convfilter.engine.correlation.layout import Combine
from convfilter.engine.planning import Plan, forced, least_side, required_place, whole_size, within
from convfilter.runtime import memory
from convfilter.runtime.checks import Array, limits_of
from convfilter.runtime.threads import run_bands

if TYPE_CHECKING:
    from convfilter.engine.window.placing import Place

SIZES = (256, 512)
"""Sides of a tile that there are loops for."""

LEAST_TAPS = 64
"""Kernels with fewer weights are never worth a transform."""

EXACT_ALLOWANCE = 0.25
"""How far sums of integers may stray and still be rounded to what they are."""


def ways(operation: Correlation) -> Iterator[Plan]:
    """Yield a plan for every tile that keeps the promised accuracy.

    Float images are promised nothing here: the errors are looked at when the values are there.
    """
    rows, columns, kernels = operation.rows, operation.columns, operation.scaled
    if operation.needs_range or operation.only_sums or rows.stride > 1 or columns.stride > 1:
        return
    weights = sum(int(np.count_nonzero(kernel)) for kernel in kernels)
    if (weights < LEAST_TAPS and not forced.get()) or not all(kernel.any() for kernel in kernels):
        return
    # integers whose sums may pass 2**53 are rounded as sums of products are, and not otherwise
    if operation.is_integer and not (
        operation.combine != Combine.L2 and operation.largest < 2.0**53
    ):
        return
    side, size_here = least_side.get(), operation.outline.shape[:2]
    # strides are 1: outputs beyond a part are as many as rows and columns of the image
    beyond = [whole - here for whole, here in zip(whole_size(size_here), size_here, strict=True)]
    height, width = max(rows.outputs + beyond[0], side), max(columns.outputs + beyond[1], side)
    channels = operation.outline.shape[2]
    for size in SIZES:
        steps = steps_of_tile(size, rows, columns)
        if min(steps) < size // 8:
            continue
        for dtype in (SINGLE, DOUBLE):
            if not _is_accurate(operation, size, dtype):
                continue
            planes = -(-height // steps[0]) * -(-width // steps[1]) * channels
            share = (planes + planes % 2) * size * size / (height * width * channels)
            cost = share * costs.TRANSFORM[dtype.name, size] * len(kernels)
            if dtype == SINGLE and operation.outline.dtype.kind == operation.dtype.kind == "f":
                cost *= costs.DARK
            tiles = f"{size}x{size}"
            taps = f"{operation.size_in_words}, {weights} taps other than zero"
            yield Plan(
                "fft",
                dtype,
                operation.is_integer,
                f"{taps}; transforms of {tiles} tiles in {dtype}",
                cost,
                run=functools.partial(_run, size, dtype),
                detail=f" of {tiles}",
                any_values=False,
            )


def _is_accurate(operation: Correlation, size: int, dtype: np.dtype[Any]) -> bool:
    kernels, output_dtype = operation.scaled, operation.dtype
    single = dtype == SINGLE
    # far from the numbers that have fewer bits, in the spectrum and in sums of floats
    least, most = (1e-25, 1e10) if single else (1e-100, 1e100)
    if not all(least < float(np.abs(kernel).max()) < most for kernel in kernels):
        return False
    if not operation.is_of_integers:
        return not single or operation.outline.dtype == output_dtype == SINGLE
    lowest, highest = limits_of(operation.outline.dtype)
    peak = max(-float(lowest), float(highest), abs(operation.fill))
    energy = math.sqrt(2) * size * peak
    proven = proven_error(kernels, size, dtype, energy)
    if operation.is_integer:
        return proven <= EXACT_ALLOWANCE
    if output_dtype.kind == "f":
        return peak < 1e100 and (not single or output_dtype == SINGLE)
    if not single:
        return proven <= ROUNDING_ALLOWANCE[output_dtype.name]
    likely = likely_error(kernels, dtype, peak, peak * absolute_sum(kernels))
    return likely <= ROUNDING_ALLOWANCE[output_dtype.name]


def _run(
    size: int, dtype: np.dtype[Any], operation: Correlation, image: Array, workers: int
) -> tuple[Array, int]:
    """Return the rows of outputs (H', W' * C), and how many of them could not be computed.

    Those are all of them where the image holds NaN or infinity, which transforms would carry to
    outputs that do not weigh them.
    """
    from convfilter.engine.correlation.tiles import Work  # which plans do not need

    rows, columns, channels = operation.rows.outputs, operation.columns.outputs, image.shape[2]
    first = 0
    place = required_place((image.shape[0], image.shape[1]))
    if place is not None:
        operation, first = _on_tiles_of_whole(operation, place, size)
    lead = operation.rows.outputs - rows
    output = memory.empty((lead + rows, columns * channels), operation.dtype)
    work = Work(operation, image, size, dtype, output, first)
    if dtype == SINGLE and work.wants_double():
        dtype = DOUBLE
        work = Work(operation, image, size, dtype, output, first)
    of_pair = 2 * size * size * costs.TRANSFORM[dtype.name, size] * len(operation.kernels)
    run_bands(-(-work.planes // 2), of_pair, workers, work)
    return output[lead:], output.size if work.bad else 0


def _on_tiles_of_whole(operation: Correlation, place: Place, size: int) -> tuple[Correlation, int]:
    """Return the operation with rows of outputs added, so that its tiles are those of the whole.

    The second value is the row of the whole at which these begin. Tiles that reach beyond the part
    mean nothing, and neither does what shares a pair with one.
    """
    rows, columns = operation.rows, operation.columns
    part = within()
    assert part is not None
    beyond = place.whole[1] - columns.size
    if beyond and not part.looks:
        from convfilter.engine.window.placing import NotInPartsError

        raise NotInPartsError("transforms of tiles need all columns of the picture")
    step, step_across = steps_of_tile(size, rows, columns)
    across = -(-(columns.outputs + beyond) // step_across) * operation.outline.shape[2]
    pairs_end = across % 2 == 0  # with each row of tiles
    part.grains.append(step if pairs_end else 2 * step)
    first = place.origin[0] - place.origin[0] % part.grains[-1]
    lead = place.origin[0] - first
    return replace(operation, rows=rows.part(-lead, rows.outputs)), first
