"""Rows of a result: where loops put them, and how numbers become those of its dtype."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from convfilter.engine.window.layout import pack_target
from convfilter.runtime import memory
from convfilter.runtime.checks import Array, limits_of
from convfilter.runtime.compiled import Loop, loop
from convfilter.runtime.threads import run_bands

NANOSECONDS_TO_ROUND = 0.8
"""About what a number takes that is stored in another dtype."""

WHOLE = np.dtype(np.int16)
"""Sums of this dtype are whole, and are never rounded."""


def record(
    out: Array,
    sums: np.dtype[Any],
    *,
    offset: float = 0.0,
    factor: float | None = None,
    finite: bool = False,
) -> bytes:
    """Return the record by which loops store rows of numbers of dtype `sums` in `out` (rows, n).

    With a `factor`, the square roots of the numbers, times this factor, are stored. `offset` is
    added. `finite` says that no number is NaN or infinite, so that none is checked. The record
    holds the address of `out`, which has to live as long as it is used.
    """
    store = store_loop(sums, out.dtype, factor is not None)
    return stored_by(
        store, out, sums, offset=offset, factor=1.0 if factor is None else factor, finite=finite
    )


def stored_by(
    store: Loop | None,
    out: Array,
    sums: np.dtype[Any],
    *,
    offset: float,
    factor: float = 1.0,
    finite: bool = True,
) -> bytes:
    """Return the record for loops that store rows by `store`, or by themselves if it is None."""
    address = 0 if store is None else store.address
    lowest, highest = _range(out.dtype, sums)
    return pack_target(
        address,
        out.__array_interface__["data"][0],
        out.strides[0],
        out.itemsize,
        factor,
        offset,
        out.dtype.kind != "f",
        lowest,
        highest,
        finite,
    )


def storing(rows: Array, output: Array) -> Callable[[int, int], int | None]:
    """Return the function that stores rows (n, m) in an output, beginning at a row and a column.

    Numbers of another dtype than the output's are rounded to nearest, ties to even, and saturated.
    The function returns how many could not be stored as they are: NaN where the output is of
    integers, numbers that are not finite where it is of floats.
    """
    height, width = rows.shape
    if rows.dtype != output.dtype:
        store = store_loop(rows.dtype, output.dtype)
        stored = record(output, rows.dtype)

        def rounded(first: int, left: int) -> int:
            bad: int = store(stored, first, height, left, width, width, rows.reshape(-1))
            return bad

        return rounded

    def copied(first: int, left: int) -> None:
        output[first : first + height, left : left + width] = rows

    return copied


def rounded_to(dtype: np.dtype[Any], image: Array, workers: int) -> Array:
    """Return an image (H, W, C) in a dtype.

    Floats that become integers are rounded to nearest, ties to even, and saturated; NaN becomes the
    lowest one.
    """
    if image.dtype == dtype:
        return image
    rows = image.reshape(image.shape[0], -1)
    output = memory.empty(rows.shape, dtype)

    def work(start: int, stop: int) -> None:
        storing(rows[start:stop], output)(start, 0)

    run_bands(rows.shape[0], rows.shape[1] * NANOSECONDS_TO_ROUND, workers, work)
    return output.reshape(image.shape)


def place(out: Array) -> bytes:
    """Return the record for loops that write the numbers of `out` (rows, n) themselves."""
    return stored_by(None, out, out.dtype, offset=0.0)


def store_loop(sums: np.dtype[Any], dtype: np.dtype[Any], roots: bool = False) -> Loop:
    """Return the loop that stores rows of numbers, or their roots, as numbers of a dtype."""
    if sums == WHOLE:
        return loop("engine.window.loops.results.store_whole", D=dtype)
    if dtype.kind == "f":
        how = "store_roots" if roots else "store_floats"
    else:
        how = "store_rounded_roots" if roots else "store_rounded"
    return loop(f"engine.window.loops.results.{how}", T=sums, D=dtype)


@functools.cache
def _range(dtype: np.dtype[Any], sums: np.dtype[Any]) -> tuple[int, int]:
    """Return the smallest and the largest integer that a result may be, zeros for floats."""
    if sums == WHOLE:
        lowest, highest = limits_of(sums)
        if dtype.kind == "f":
            return lowest, highest
        least, most = limits_of(dtype)
        return max(lowest, least), min(highest, most)
    return (0, 0) if dtype.kind == "f" else limits_of(dtype)
